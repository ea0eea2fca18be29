import { signed } from "./keys.ts";

/** What a signature says and covers, as parameters of a URL. */
export type SasParameters = ReadonlyMap<string, string>;

/** The text an account SAS signs. */
export function accountSasText(account: string, sas: SasParameters): string {
  const of = (name: string) => sas.get(name) ?? "";
  const hasScope = of("sv") >= "2020-12-06";
  return [
    account,
    of("sp"),
    of("ss"),
    of("srt"),
    of("st"),
    of("se"),
    of("sip"),
    of("spr"),
    of("sv"),
    ...(hasScope ? [of("ses")] : []),
    "",
  ].join("\n");
}

/** The text a service SAS for a container or blob signs with an account key. Versions from 2018-11-09 on. */
export function serviceSasText(account: string, sas: SasParameters, container: string, blob: string): string {
  const of = (name: string) => sas.get(name) ?? "";
  return [
    of("sp"),
    of("st"),
    of("se"),
    canonicalName(account, of("sr"), container, blob),
    of("si"),
    of("sip"),
    of("spr"),
    of("sv"),
    of("sr"),
    of("snapshot"),
    ...(of("sv") >= "2020-12-06" ? [of("ses")] : []),
    ...responseHeaders(of),
  ].join("\n");
}

/** The text a SAS signs with a user delegation key. It grew with versions. */
export function delegationSasText(
  account: string,
  sas: SasParameters,
  container: string,
  blob: string,
): string {
  const of = (name: string) => sas.get(name) ?? "";
  const version = of("sv");
  return [
    of("sp"),
    of("st"),
    of("se"),
    canonicalName(account, of("sr"), container, blob),
    ...DELEGATION_KEY.map(of),
    ...(version >= "2020-02-10" ? [of("saoid"), of("suoid"), of("scid")] : []),
    ...(version >= "2025-07-05" ? [of("skdutid"), of("sduoid")] : []),
    of("sip"),
    of("spr"),
    version,
    of("sr"),
    of("snapshot"),
    ...(version >= "2020-12-06" ? [of("ses")] : []),
    // Signed headers and query parameters are not modelled: a SAS that has them is not accepted.
    ...(version >= "2026-04-06" ? ["", ""] : []),
    ...responseHeaders(of),
  ].join("\n");
}

const DELEGATION_KEY = ["skoid", "sktid", "skt", "ske", "sks", "skv"] as const;

function responseHeaders(of: (name: string) => string): string[] {
  return ["rscc", "rscd", "rsce", "rscl", "rsct"].map(of);
}

function canonicalName(account: string, kind: string, container: string, blob: string): string {
  return kind === "c" ? `/blob/${account}/${container}` : `/blob/${account}/${container}/${blob}`;
}

/** A user delegation key follows from whom it is for and until when; revoking all of an account's makes every one another. */
export function delegationKey(secret: string, revokedAt: number, sas: SasParameters): Buffer {
  const facts = DELEGATION_KEY.map((name) => sas.get(name) ?? "").join("\n");
  return Buffer.from(signed(secret, `${revokedAt}\n${facts}`), "base64");
}
