import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import type { Azure } from "../azure/azure.ts";
import type { Answer } from "../azure/failure.ts";
import { alreadySo, confirmation } from "./answers.ts";
import type { FederatedBefore } from "./doomed-federated.ts";

/** A federated credential as it stands now, whichever service lists it. */
export interface FederatedNow {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string | null;
  readonly audiences: readonly string[];
}

/** What stands in the way of putting one back, or that nothing needs to be done; null when it is to be made. Pure but for the time. */
export function federatedInPlace(
  present: readonly FederatedNow[],
  before: FederatedBefore,
  at: { readonly requestId: string | null; readonly now: Date },
): StepOutcome | null {
  const namesake = present.find(({ name }) => sameName(name, before.name));
  if (namesake !== undefined) {
    return isSame(namesake, before)
      ? alreadySo(at.requestId, at.now)
      : {
          kind: "needs-person",
          reason: `Another federated credential called ${before.name} was made meanwhile.`,
          action: "Compare the two, and remove or rename the new one.",
        };
  }
  const twin = present.find(
    ({ issuer, subject }) => subject !== null && issuer === before.issuer && subject === before.subject,
  );
  return twin === undefined
    ? null
    : {
        kind: "needs-person",
        reason: `The same issuer and subject are trusted under the name ${twin.name} by now, and can be only once.`,
        action: `Keep ${twin.name}, or remove it and make ${before.name} again.`,
      };
}

export function verifyFederatedBack(
  answer: Answer<readonly FederatedNow[]>,
  azure: Azure,
  before: FederatedBefore,
): Confirmation {
  return confirmation(answer, azure.now(), {
    holds: (it) => it.some((one) => sameName(one.name, before.name) && isSame(one, before)),
    otherwise: "the federated credential is not listed",
    absentHolds: false,
  });
}

/** What a flexible one lets in besides is not in every list; its name, issuer and audiences are. */
function isSame({ issuer, subject, audiences }: FederatedNow, before: FederatedBefore): boolean {
  const sorted = (texts: readonly string[]) => JSON.stringify(texts.toSorted());
  return (
    issuer === before.issuer && subject === before.subject && sorted(audiences) === sorted(before.audiences)
  );
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
