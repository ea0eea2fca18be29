/** What every command exits with. `bad` is an answer; `usage` means that no answer could be given. */
export const EXIT = { ok: 0, bad: 1, usage: 2 } as const;

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  /** Resolves to the exit code. Writes its answer to stdout, what went wrong to stderr. */
  run(args: readonly string[]): Promise<number>;
}
