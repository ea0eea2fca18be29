import type { CaseReport } from "./case-report.ts";

/** What a person types to check the record themselves. `TOURNIQUET` is where the API is, `TOKEN` a reader's token. */
export function verifyCommands({ caseId, record }: CaseReport): string {
  return [
    `curl -sS -H "Authorization: Bearer $TOKEN" "$TOURNIQUET/api/cases/${caseId}/record" -o record.ndjson`,
    `npm run tourniquet -- verify record.ndjson --case ${caseId} --head ${record.head} --key checkpoint-key.pem`,
  ].join("\n");
}

/** What a person types to put everything reversible back. */
export function restoreCommand({ caseId }: CaseReport): string {
  return [
    `curl -sS -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\`,
    `  -d '{"reason": "why it is put back"}' "$TOURNIQUET/api/cases/${caseId}/restore"`,
  ].join("\n");
}
