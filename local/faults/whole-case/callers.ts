import type { CallApi } from "../../run/api-client.ts";
import { type CaseSeen, CaseSeenSchema } from "../../run/case-seen.ts";

const PATIENCE_IN_MS = 900_000;
const LOOK_EVERY_IN_MS = 150;

/** What a sender or a person does whose call meets a dead host: the same again, until it is answered. */
export function patient(call: CallApi): CallApi {
  return async (...asked) => {
    const deadline = performance.now() + PATIENCE_IN_MS;
    for (;;) {
      const answer = await call(...asked).catch(() => null);
      if (answer !== null && answer.status < 500) return answer;
      if (performance.now() > deadline) throw new Error(`${asked[1]} ${asked[2]} was never answered`);
      await pause();
    }
  };
}

/** Follows a case until it is as wanted, and approves whatever is asked. Throws when patience is at its end. */
export async function follow(
  call: CallApi,
  caseId: string,
  wanted: (seen: CaseSeen) => boolean,
  beforeDeciding: () => Promise<void> = () => Promise.resolve(),
): Promise<CaseSeen> {
  const deadline = performance.now() + PATIENCE_IN_MS;
  for (;;) {
    const seen = CaseSeenSchema.parse((await call("reader", "GET", `/cases/${caseId}`)).body);
    if (wanted(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    if (seen.status === "awaiting-decision" && seen.decision !== null) {
      await beforeDeciding();
      const body = { decision: "approve", planDigest: seen.decision.planDigest };
      await call("approver", "POST", `/cases/${caseId}/decision`, body);
    }
    await pause();
  }
}

export function isSettled({ status }: CaseSeen): boolean {
  return status === "watching" || status === "closed";
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, LOOK_EVERY_IN_MS));
}
