import { fetch } from "undici";
import {
  askForToken,
  errorOf,
  nameOf,
  type Outcome,
  parsed,
  perform,
  RESOURCES,
  type Send,
  type Target,
  TokenBody,
} from "./adversary/requests.ts";
import type { AttackSpec, CapabilitySpec } from "./scenario/format.ts";

export interface Attempt extends Outcome {
  readonly at: string;
  readonly capability: string;
  /** Whether it was done with a token from before, because no new one was to be had. */
  readonly withOldToken: boolean;
}

export interface AdversaryOptions {
  /** How long it rests between rounds, in real time; the attack's own unless given. */
  readonly everyInMs?: number;
  readonly attemptTimeoutInMs?: number;
}

export interface Adversary extends AsyncDisposable {
  /** When each capability last succeeded, ISO; undefined: never. */
  lastSuccess(): Readonly<Record<string, string | undefined>>;
  readonly attempts: readonly Attempt[];
  /** Resolves after one more whole round. */
  round(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A client with stolen credentials that goes on using them, from an address of its own, through the same proxy as
 * everybody: it takes new tokens while it can, and keeps every token it has until that is refused. It never learns of
 * what defenders do but by being refused, so the time of its last success is what containment took, seen from outside.
 */
export function startAdversary(
  target: Target,
  attack: AttackSpec,
  options: AdversaryOptions = {},
): Adversary {
  const { everyInMs = attack.everyInMs, attemptTimeoutInMs = 10_000 } = options;
  const attempts: Attempt[] = [];
  const last = new Map<string, string | undefined>();
  const tokens = new Map<string, string>();
  const stopped = new AbortController();
  const dispatcher = target.dispatcher({ clientAddress: attack.clientAddress });
  for (const capability of attack.capabilities) last.set(nameOf(capability), undefined);

  const send: Send = async (url, init = {}) => {
    try {
      const answer = await fetch(url, {
        method: init.method ?? "GET",
        headers: { "content-type": "application/json", ...init.headers },
        ...(init.body === undefined ? {} : { body: init.body }),
        dispatcher,
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(attemptTimeoutInMs)]),
      });
      return { status: answer.status, body: parsed(await answer.text()) };
    } catch {
      return { status: 0, body: undefined };
    }
  };

  /** A new token if there is one to be had; the outcome says what the token endpoint answered. */
  const takeToken = async (credentialName: string, resource: string): Promise<Outcome> => {
    const credential = attack.credentials[credentialName];
    if (!credential) return { succeeded: false, status: 0, error: `no credential ${credentialName}` };
    const { status, body } = await askForToken(send, target, credential, resource);
    const token = TokenBody.safeParse(body);
    if (token.success) tokens.set(`${credentialName} ${resource}`, token.data.access_token);
    return { succeeded: token.success, status, error: token.success ? undefined : errorOf(body) };
  };

  const attempt = async (capability: CapabilitySpec): Promise<void> => {
    const credentialName = capability.as ?? Object.keys(attack.credentials)[0] ?? "";
    const resource = capability.do === "get-token" ? capability.resource : RESOURCES[capability.do];
    const taken = await takeToken(credentialName, resource);
    const token = tokens.get(`${credentialName} ${resource}`);
    const outcome =
      capability.do === "get-token"
        ? taken
        : token === undefined
          ? { ...taken, succeeded: false }
          : await perform(send, capability, token);
    const at = new Date(target.tenant.clock.now()).toISOString();
    attempts.push({
      at,
      capability: nameOf(capability),
      withOldToken: capability.do !== "get-token" && !taken.succeeded && token !== undefined,
      ...outcome,
    });
    if (outcome.succeeded) last.set(nameOf(capability), at);
  };

  let rounds = 0;
  const waiting: { readonly after: number; readonly done: () => void }[] = [];
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      for (const capability of attack.capabilities) {
        if (stopped.signal.aborted) break;
        await attempt(capability);
      }
      rounds += 1;
      for (const it of waiting.splice(0)) {
        if (rounds >= it.after) it.done();
        else waiting.push(it);
      }
      await rest(everyInMs, stopped.signal);
    }
    for (const it of waiting.splice(0)) it.done();
  };
  const running = run();

  const stop = async () => {
    stopped.abort();
    await running;
  };
  return {
    lastSuccess: () => Object.fromEntries(last),
    attempts,
    // The round under way may have begun before whatever the caller did, so it does not count.
    round: () => new Promise((done) => waiting.push({ after: rounds + 2, done })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function rest(inMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(finished, inMs);
    function finished(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finished);
      done();
    }
    signal.addEventListener("abort", finished);
  });
}
