import { inspect } from "node:util";

/** Thrown when a secret is used after it was disposed of. */
class SecretGoneError extends Error {
  override readonly name = "SecretGoneError";
  readonly code = "SECRET_DISPOSED";
  constructor() {
    super("this secret was disposed of and cannot be read any more");
  }
}

const REDACTED = "[redacted]";

/**
 * Holds a secret value so that printing, logging or serialising the holder shows `[redacted]`; only `reveal` gives the
 * value. Disposing zeroes our copy; strings the runtime made from it live until they are collected, so reveal late and briefly.
 */
export class Secret implements Disposable {
  // A private field, so that neither Object.keys, structuredClone, util.inspect nor a debugger's JSON view can reach it.
  #bytes: Uint8Array | undefined;

  constructor(value: string | Uint8Array) {
    this.#bytes = typeof value === "string" ? Buffer.from(value, "utf8") : Uint8Array.from(value);
  }

  /** The value as text. Limits: throws once disposed of. */
  reveal(): string {
    return Buffer.from(this.revealBytes()).toString("utf8");
  }

  /** A copy of the value's bytes, which the caller zeroes when done. Limits: throws once disposed of. */
  revealBytes(): Uint8Array {
    if (this.#bytes === undefined) throw new SecretGoneError();
    return Uint8Array.from(this.#bytes);
  }

  /** Zeroes the value. Safe to call twice. */
  dispose(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
