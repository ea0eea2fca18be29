import type { Head } from "./case-record.ts";
import { NO_HEAD } from "./chain.ts";
import { judgeCheckpoint, thumbprintOf } from "./checkpoint.ts";
import type { Finding, FindingCode, Verification, VerifyOptions } from "./finding.ts";
import { linesOf } from "./lines.ts";
import { parseLine, type ReadEntry } from "./parse-line.ts";

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
type Lines = ReturnType<typeof linesOf>;
type Signer = Extract<Verification, { kind: "intact" }>["signedBy"];

/**
 * Judges a whole record, line by line, and names the first thing wrong. This is the verifier; `verify.ts` only finds
 * faster that there is nothing to judge. Limits: reads the stream once and keeps none of it, so it cannot see that an id
 * was used twice, nor that whole signed waves were cut off the end, which is what anchors (`heads`) are for.
 */
export async function judgeRecord(source: Bytes, options: VerifyOptions = {}): Promise<Verification> {
  const lines = linesOf(source);
  const anchors = new Set(options.heads);
  const checkpoints = new Checkpoints(options);
  let caseId = options.caseId;
  let head: Head = NO_HEAD;
  let line = 0;
  let last: ReadEntry | undefined;

  for await (const { bytes, terminated } of lines) {
    line += 1;
    const seq = head.seq + 1;
    if (!terminated) return broken("truncated", line, seq, seq, "the file ends within this line");
    const parsed = parseLine(bytes);
    if (parsed.kind === "bad") return broken(parsed.code, line, seq, seq, parsed.detail);
    const { entry } = parsed;
    caseId ??= entry.caseId;
    if (entry.caseId !== caseId)
      return broken("wrong-case", line, seq, seq, `it is of case ${JSON.stringify(entry.caseId)}`);
    if (entry.seq !== seq || entry.prev !== head.hash) {
      return {
        kind: "broken",
        finding: await judgeBreak(lines, { entry, head, line, vouchedFor: checkpoints.vouchedFor }),
      };
    }
    if (entry.type === "checkpoint") checkpoints.see(entry, line);
    anchors.delete(entry.hash);
    head = { seq: entry.seq, hash: entry.hash };
    last = entry;
  }

  if (checkpoints.fault !== undefined) return { kind: "broken", finding: checkpoints.fault };
  if (last === undefined || caseId === undefined) return broken("truncated", 1, 1, 1, "there is no entry");
  if (checkpoints.signedBy === undefined || last.type !== "checkpoint") {
    const after = head.seq + 1;
    const unsigned = `entries ${checkpoints.vouchedFor + 1} to ${head.seq} have no checkpoint after them`;
    return broken("truncated", line + 1, after, after, `it ends without a checkpoint: ${unsigned}`);
  }
  const [missing] = anchors;
  if (missing !== undefined) {
    const after = head.seq + 1;
    const detail = `no entry has the hash ${missing}: the record was cut back to an earlier checkpoint, or is another one`;
    return broken("head-mismatch", line + 1, after, after, detail);
  }
  return { kind: "intact", caseId, entries: head.seq, head: head.hash, signedBy: checkpoints.signedBy };
}

/** What the checkpoints seen so far say. A good one vouches for everything before it, earlier bad ones included. */
class Checkpoints {
  readonly #trusted: ReadonlySet<string> | undefined;
  /** The last entry that a good checkpoint covers, that checkpoint included. */
  vouchedFor = 0;
  signedBy: Signer | undefined;
  fault: Finding | undefined;

  constructor({ keys = [] }: VerifyOptions) {
    this.#trusted = keys.length > 0 ? new Set(keys.map(thumbprintOf)) : undefined;
  }

  see(entry: ReadEntry, line: number): void {
    const verdict = judgeCheckpoint(entry);
    const fault = (code: FindingCode, detail: string) => {
      this.fault ??= { code, line, from: this.vouchedFor + 1, to: entry.seq, detail };
    };
    switch (verdict.kind) {
      case "signed": {
        const { keyId, thumbprint } = verdict;
        if (this.#trusted !== undefined && !this.#trusted.has(thumbprint)) {
          return fault(
            "re-signed",
            `signed by the key ${thumbprint} (${keyId}), which is not the one trusted`,
          );
        }
        this.signedBy = { keyId, thumbprint, trusted: this.#trusted !== undefined };
        this.vouchedFor = entry.seq;
        this.fault = undefined;
        return;
      }
      case "about-something-else":
        return fault(
          "rewritten",
          `the checkpoint signs "${verdict.claims}", which is not what stands before it`,
        );
      case "bad-signature":
        return fault(
          "bad-checkpoint",
          "the checkpoint's signature is not its key's over what stands before it",
        );
      case "malformed":
        return fault("bad-checkpoint", `the checkpoint has ${verdict.why}`);
      default:
        return verdict satisfies never;
    }
  }
}

interface Break {
  readonly entry: ReadEntry;
  /** What it should have followed. */
  readonly head: Head;
  readonly line: number;
  readonly vouchedFor: number;
}

/** An entry, good by itself, stands where another should. What the rest of the file holds says how that came about. */
async function judgeBreak(rest: Lines, { entry, head, line, vouchedFor }: Break): Promise<Finding> {
  const wanted = head.seq + 1;
  let wantedAt: number | undefined;
  let standsAgain = false;
  // Two entries for the last place: the one that is signed is the one that was there.
  let goesOn = entry.seq === head.seq && entry.hash !== head.hash && isSigned(entry);
  let at = line;
  for await (const { bytes } of rest) {
    at += 1;
    const parsed = parseLine(bytes);
    if (parsed.kind === "bad") continue;
    if (parsed.entry.seq === wanted && parsed.entry.prev === head.hash) wantedAt ??= at;
    if (parsed.entry.hash === entry.hash) standsAgain = true;
    if (parsed.entry.prev === entry.hash) goesOn = true;
  }
  const finding = (code: FindingCode, from: number, to: number, detail: string) => ({
    code,
    line,
    from,
    to,
    detail,
  });

  if (entry.seq < wanted && goesOn && wantedAt === undefined) {
    // The rest goes on from here, not from what stood here before: that was put in.
    const detail = `entries ${entry.seq} to ${head.seq} stand before another entry ${entry.seq}, from which the rest goes on`;
    return { code: "inserted", line: line - (wanted - entry.seq), from: entry.seq, to: head.seq, detail };
  }
  if (entry.seq < wanted) {
    return finding("inserted", wanted, wanted, `an entry with seq ${entry.seq} stands before ${wanted}`);
  }
  if (wantedAt !== undefined) {
    return entry.seq > wanted && !standsAgain
      ? finding(
          "reordered",
          wanted,
          wanted,
          `entry ${entry.seq} stands here; entry ${wanted} stands at line ${wantedAt}`,
        )
      : finding(
          "inserted",
          wanted,
          wanted,
          `this entry does not follow ${head.seq}; the one that does stands at line ${wantedAt}`,
        );
  }
  if (entry.seq > wanted) {
    return finding("removed", wanted, entry.seq - 1, `entry ${entry.seq} stands after ${head.seq}`);
  }
  const detail = `entry ${wanted} was made after an entry ${head.seq} with the hash ${entry.prev}, which is not the one here`;
  return finding("rewritten", Math.min(vouchedFor + 1, wanted), wanted, detail);
}

function isSigned(entry: ReadEntry): boolean {
  return entry.type === "checkpoint" && judgeCheckpoint(entry).kind === "signed";
}

function broken(code: FindingCode, line: number, from: number, to: number, detail: string): Verification {
  return { kind: "broken", finding: { code, line, from, to, detail } };
}
