import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import type { PlacedEntry } from "./chain.ts";
import type { CheckpointKey, CheckpointSigner } from "./checkpoint-signer.ts";
import { RecordError } from "./record-error.ts";

/** The actor of every checkpoint. Fixed, because the entry's own members are covered by the signature or given by rule. */
const CHECKPOINT_ACTOR = { kind: "system", component: "record" } as const;

/** The part of a checkpoint entry that its signature speaks of. */
export interface CheckpointPlace {
  readonly seq: number;
  readonly at: string;
  readonly caseId: string;
  readonly prev: string;
}

/** The id of the checkpoint at this place. One place, one checkpoint: a second signer of the same head changes nothing. */
function checkpointId(seq: number): string {
  return `checkpoint:${seq}`;
}

/** The text that is signed: a C2SP checkpoint with two extension lines, when it was signed and by which key. */
function checkpointText(place: CheckpointPlace, keyId: string): string {
  const root = Buffer.from(place.prev, "hex").toString("base64");
  return `${originOf(place.caseId)}\n${place.seq - 1}\n${root}\nat ${place.at}\nkey ${keyId}\n`;
}

/** Makes the checkpoint entry for this place. Limits: checks the signature before it is written, since it could not be taken back. */
export async function signCheckpoint(place: CheckpointPlace, signer: CheckpointSigner): Promise<PlacedEntry> {
  const signing = await signer.key();
  const { keyId, publicKey: key } = signing;
  const text = checkpointText(place, keyId);
  const signature = withLowS(await signing.sign(Buffer.from(text)));
  const publicKey = publicKeyOf(key);
  if (publicKey === undefined || !/^[\x21-\x7e]+$/.test(keyId) || !isSignedBy(publicKey, text, signature)) {
    throw new RecordError({
      code: "CHECKPOINT_KEY_UNUSABLE",
      message: `the key ${keyId} is not a P-256 key, or what it signed does not verify`,
    });
  }
  const { kty, crv, x, y } = key;
  const stamp = Buffer.concat([keyHintOf(publicKey), signature]).toString("base64");
  const note = `${text}\n— ${originOf(place.caseId)} ${stamp}\n`;
  return {
    ...place,
    actor: CHECKPOINT_ACTOR,
    type: "checkpoint",
    id: checkpointId(place.seq),
    data: { key: { kty, crv, x, y }, note },
  };
}

export type CheckpointVerdict =
  /** The signature is good for exactly this entry, by the key that stands in it. */
  | {
      readonly kind: "signed";
      readonly key: CheckpointKey;
      readonly keyId: string;
      readonly thumbprint: string;
    }
  /** The note speaks of another place, head, time or case than the entry it stands in. */
  | { readonly kind: "about-something-else"; readonly claims: string }
  | { readonly kind: "bad-signature" }
  | { readonly kind: "malformed"; readonly why: string };

/** Judges a checkpoint entry by itself. Limits: says nothing of whether its key is to be trusted. */
export function judgeCheckpoint(entry: PlacedEntry): CheckpointVerdict {
  const data: Readonly<Record<string, unknown>> = { ...entry.data };
  const { key, note, ...rest } = data;
  if (Object.keys(rest).length > 0) return { kind: "malformed", why: "members that no checkpoint has" };
  if (typeof note !== "string" || !isCheckpointKey(key))
    return { kind: "malformed", why: "no key or no note" };
  const actor: Readonly<Record<string, unknown>> = { ...entry.actor };
  if (actor["kind"] !== "system" || actor["component"] !== "record" || Object.keys(actor).length !== 2) {
    return { kind: "malformed", why: "an actor that is not the record itself" };
  }
  if (entry.id !== checkpointId(entry.seq))
    return { kind: "malformed", why: "an id that is not its place's" };

  const parts = /^((?:[^\n]+\n){4}key ([\x21-\x7e]+)\n)\n— ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n$/.exec(note);
  const [, text, keyId, name, stamp] = parts ?? [];
  if (text === undefined || keyId === undefined || name === undefined || stamp === undefined) {
    return { kind: "malformed", why: "a note that is not of the form" };
  }
  if (text !== checkpointText(entry, keyId) || name !== originOf(entry.caseId)) {
    return { kind: "about-something-else", claims: text.split("\n").slice(0, 3).join(" ") };
  }
  const publicKey = publicKeyOf(key);
  if (publicKey === undefined) return { kind: "malformed", why: "a key that is no point of P-256" };
  const bytes = Buffer.from(stamp, "base64");
  const signature = bytes.subarray(4);
  // One signature has one spelling, or the last line of a record could be changed without it showing.
  if (
    bytes.toString("base64") !== stamp ||
    !bytes.subarray(0, 4).equals(keyHintOf(publicKey)) ||
    !hasLowS(signature)
  ) {
    return { kind: "bad-signature" };
  }
  if (!isSignedBy(publicKey, text, signature)) return { kind: "bad-signature" };
  return { kind: "signed", key, keyId, thumbprint: thumbprintOf(key) };
}

/** RFC 7638: what a key is called when people compare keys by eye. */
export function thumbprintOf(key: CheckpointKey): string {
  const { crv, kty, x, y } = key;
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

/** Whether parsed JSON is a P-256 public key of the form checkpoints carry. Limits: does not check that the point is on the curve. */
export function isCheckpointKey(value: unknown): value is CheckpointKey {
  if (typeof value !== "object" || value === null) return false;
  const key: Readonly<Record<string, unknown>> = { ...value };
  const isCoordinate = (it: unknown) =>
    typeof it === "string" &&
    /^[A-Za-z0-9_-]{43}$/.test(it) &&
    Buffer.from(it, "base64url").toString("base64url") === it;
  return (
    Object.keys(key).length === 4 &&
    key["kty"] === "EC" &&
    key["crv"] === "P-256" &&
    isCoordinate(key["x"]) &&
    isCoordinate(key["y"])
  );
}

function originOf(caseId: string): string {
  return `tourniquet.record/${caseId}`;
}

function publicKeyOf(key: CheckpointKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x, y: key.y }, format: "jwk" });
  } catch {
    return undefined;
  }
}

function isSignedBy(publicKey: KeyObject, text: string, signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    verify("sha256", Buffer.from(text), { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)
  );
}

/** The note's 4-byte key id, as C2SP has it for ECDSA: the start of SHA-256 over the DER SubjectPublicKeyInfo. */
function keyHintOf(publicKey: KeyObject): Buffer {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 4);
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

// (r, s) and (r, n - s) both verify; Key Vault gives either. Only the smaller is written and accepted.
function withLowS(signature: Uint8Array): Uint8Array {
  if (signature.length !== 64 || hasLowS(signature)) return signature;
  const low = ORDER - sOf(signature);
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(low.toString(16).padStart(64, "0"), "hex")]);
}

function hasLowS(signature: Uint8Array): boolean {
  return sOf(signature) <= ORDER / 2n;
}

function sOf(signature: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(signature.subarray(32)).toString("hex")}`);
}
