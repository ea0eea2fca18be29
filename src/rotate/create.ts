import { createKeyed } from "./create-keyed.ts";
import { createClientSecret } from "./create-client-secret.ts";
import { createPassword, createRandom } from "./create-value.ts";
import { providerNamed } from "./providers.ts";
import { goOn, type RotationState, type StageResult } from "./rotation.ts";
import type { StageWork } from "./at-hand.ts";

/** Makes the new credential, each model in its own way; what is shown once is proved and published in here too. */
export async function create(work: StageWork, state: RotationState): Promise<StageResult> {
  const { found } = state;
  if (found === null) throw new TypeError("nothing was identified to create a credential at");
  // Whom the case cuts off gets nothing new: taking away what it had is all.
  if (found.suspect) return goOn(state, "retire");
  const provider = providerNamed(found.provider);
  switch (provider.model) {
    case "keyed":
      return createKeyed(work, state, found, provider);
    case "password":
      return createPassword(work, state, found, provider);
    case "client-secret":
      return createClientSecret(work, state, found);
    case "random":
      return createRandom(work, state);
    default:
      return provider satisfies never;
  }
}
