import type { AzureFailure } from "../azure/failure.ts";
import type { StageWork } from "./at-hand.ts";
import { NOT_PROVED } from "./create-value.ts";
import { readHolder } from "./directory-secrets.ts";
import type { KeyedProvider } from "./provider.ts";
import { providerNamed } from "./providers.ts";
import type { FoundProvider, RotationState } from "./rotation.ts";
import { sameSecret } from "./secret-text.ts";
import { trySignIn } from "./sign-in.ts";
import { triesOf } from "./work.ts";
import { standingAt, wholeOf } from "./value-frame.ts";

/** What the provider says of the old value. */
export type OldValue =
  | { readonly is: "refused"; readonly proof: string }
  | { readonly is: "taken" }
  /** `nearest`: what is known all the same, when asking better is out of reach. */
  | { readonly is: "unknown"; readonly failure: AzureFailure | null; readonly nearest: string | null };

/** Asks the provider about the old value, as long as it can be read: a disabled version's cannot. */
export async function askAboutOld(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
): Promise<OldValue> {
  const provider = providerNamed(found.provider);
  switch (provider.model) {
    case "random":
      return state.newVersion === null
        ? { is: "taken" }
        : { is: "refused", proof: "it was replaced; nobody but readers of the vault decides by it" };
    case "password":
      if (state.regenerated.length > 0) return { is: "refused", proof: NOT_PROVED };
      return state.unanswered === null ? { is: "taken" } : { is: "unknown", failure: null, nearest: null };
    case "keyed":
      return askKeys(work, state, found, provider);
    case "client-secret":
      return askEntra(work, state, found);
    default:
      return provider satisfies never;
  }
}

async function askKeys(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  provider: KeyedProvider,
): Promise<OldValue> {
  const nearest =
    found.credential !== null && state.regenerated.includes(found.credential)
      ? `${found.credential} was regenerated`
      : null;
  const old = await readOld(work, state);
  if (old.kind === "failed") return { is: "unknown", failure: old.failure, nearest };
  const value = old.value.secret;
  const listed = await work.atHand.keys(provider, found.resourceId);
  if (listed.kind === "failed") return { is: "unknown", failure: listed.failure, nearest };
  using credential = standingAt(value, state.place ?? wholeOf(value));
  const isListed = listed.value.some((key) => sameSecret(key.value, credential));
  work.journal.note("proved-old", { listed: isListed });
  return isListed ? { is: "taken" } : { is: "refused", proof: "the provider lists it no more" };
}

async function askEntra(work: StageWork, state: RotationState, found: FoundProvider): Promise<OldValue> {
  const holder = await readHolder(work.azure, found.resourceId);
  if (holder.kind === "failed") {
    return holder.failure.code === "NOT_FOUND"
      ? { is: "refused", proof: "its application is gone" }
      : { is: "unknown", failure: holder.failure, nearest: null };
  }
  if (holder.value.passwords.some(({ keyId }) => keyId === found.credential)) return { is: "taken" };
  const unlisted = "Entra lists it no more";
  if (!work.signIn)
    return { is: "refused", proof: `${unlisted}; signing in was not tried, as the policy says` };
  const old = await readOld(work, state);
  if (old.kind === "failed") return { is: "unknown", failure: old.failure, nearest: unlisted };
  const value = old.value.secret;
  using secret = standingAt(value, state.place ?? wholeOf(value));
  const seen = await trySignIn(work.tenantId, holder.value.appId, secret, triesOf(work));
  work.journal.note("proved-old", { signIn: seen.is, code: seen.code });
  switch (seen.is) {
    // Entra's token endpoint takes a removed secret for a minute or so.
    case "accepted":
      return { is: "taken" };
    case "refused":
      return { is: "refused", proof: `Entra refuses it (${seen.code ?? "no code"})` };
    case "principal-disabled":
      return {
        is: "refused",
        proof: `${unlisted}, and refuses its principal, whose sign-in is disabled (${seen.code ?? "no code"})`,
      };
    case "unknown":
      return { is: "unknown", failure: null, nearest: `${unlisted}; Entra did not say whether it takes it` };
    default:
      return seen.is satisfies never;
  }
}

function readOld({ atHand }: StageWork, { oldVersion }: RotationState) {
  return oldVersion === null ? atHand.newest() : atHand.version(oldVersion);
}
