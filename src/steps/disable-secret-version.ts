import { z } from "zod";
import type { SecretVersion } from "../azure/vault.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { Attempted } from "../azure/attempt.ts";
import { alreadySo, confirmation, evidenceOf, failed } from "./answers.ts";
import { KEY_VAULT } from "./needs.ts";
import { defineStep, type StepContext } from "./step.ts";

const Target = z.object({ vaultUri: z.url({ protocol: /^https$/ }), name: z.string().min(1) });
type Target = z.infer<typeof Target>;
/** The versions that are meant: those from up to then. Newer ones are a rotation's. */
const Before = z.object({ madeUntil: z.string() });

const SECRET =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.KeyVault\/vaults\/([a-z0-9-]{3,24}))\/secrets\/([0-9a-z-]+)$/i;

const list = ({ azure }: StepContext, { vaultUri, name }: Target) => azure.vault(vaultUri).listVersions(name);

const isMeant = ({ createdOn }: SecretVersion, madeUntil: string) =>
  createdOn === null || Date.parse(createdOn) <= Date.parse(madeUntil);

/**
 * Disables the versions of a secret that the suspect could have read: an old version stays readable by its id after a new
 * one is published. It hides the value and does not end it; whoever has it already still has it.
 */
export const disableSecretVersion = defineStep({
  kind: "disable-secret-version",
  wave: "rotation",
  target: Target,
  before: Before,
  needs: [
    KEY_VAULT("Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    KEY_VAULT("Microsoft.KeyVault/vaults/secrets/update/action"),
  ],
  offUnlessNamed: "consumers break unless a new version was published before",

  propose: (scope) =>
    [
      ...Map.groupBy(
        scope.reach.filter((it) => it.kind === "vault-secret" && it.evidence === "read"),
        ({ targetId }) => targetId.toLowerCase(),
      ).values(),
    ].flatMap((reached) => {
      const first = reached[0];
      const [, vaultId, vault, name] = SECRET.exec(first?.targetId ?? "") ?? [];
      if (first === undefined || vaultId === undefined || vault === undefined || name === undefined)
        return [];
      const madeUntil = reached
        .map((it) => it.lastTouched ?? scope.window.to)
        .toSorted()
        .at(-1);
      return [
        {
          target: { vaultUri: `https://${vault.toLowerCase()}.vault.azure.net`, name },
          before: { madeUntil: madeUntil ?? scope.window.to },
          title: `Disable the versions of the secret ${name} in ${vault} that the suspect could read`,
          because: [`The suspect read it, last ${madeUntil ?? "at an unknown time"}.`],
          cost: [`Whatever still asks for an old version of ${name}, or has no new one, fails.`],
          touches: [...new Set([vaultId, ...reached.map((it) => it.principalKey)])].toSorted(),
          tags: first.tags,
          rank: 9,
        },
      ];
    }),

  alone: ({ vaultUri, name }) => `${vaultUri} ${name}`,
  async apply(context, target, { madeUntil }) {
    const { azure } = context;
    const present = await list(context, target);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    return setEach(
      context,
      target,
      present.value.filter((it) => it.enabled && isMeant(it, madeUntil)),
      false,
    );
  },
  verify: async (context, target, { madeUntil }) =>
    confirmation(asAnswer(await list(context, target)), context.azure.now(), {
      holds: (versions) => versions.every((it) => !it.enabled || !isMeant(it, madeUntil)),
      otherwise: "an old version can still be read",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    /** Those disabled since: a version that was disabled before was last changed before. */
    async undo(context, target, { madeUntil }) {
      const present = await list(context, target);
      if (present.kind === "failed") return failed(present.failure, context.azure.now());
      return setEach(
        context,
        target,
        present.value.filter((it) => isOurs(it, madeUntil)),
        true,
      );
    },
    verifyUndone: async (context, target, { madeUntil }) =>
      confirmation(asAnswer(await list(context, target)), context.azure.now(), {
        holds: (versions) => versions.every((it) => !isOurs(it, madeUntil)),
        otherwise: "a version is still disabled",
        absentHolds: false,
      }),
  },
});

function isOurs(it: SecretVersion, madeUntil: string): boolean {
  return (
    !it.enabled &&
    isMeant(it, madeUntil) &&
    it.updatedOn !== null &&
    Date.parse(it.updatedOn) > Date.parse(madeUntil)
  );
}

async function setEach(
  { azure }: StepContext,
  { vaultUri, name }: Target,
  versions: readonly SecretVersion[],
  enabled: boolean,
): Promise<StepOutcome> {
  for (const { version } of versions) {
    if (version === null) continue;
    const answer = await azure.vault(vaultUri).setEnabled(name, version, enabled);
    if (answer.kind === "failed") return failed(answer.failure, azure.now());
  }
  return versions.length === 0
    ? alreadySo(null, azure.now())
    : { kind: "applied", evidence: evidenceOf(null, azure.now(), { versions: versions.length }) };
}

/** The SDK gives no status and headers; what judges needs neither. */
function asAnswer<T>(attempted: Attempted<T>) {
  return attempted.kind === "failed"
    ? attempted
    : { kind: "ok" as const, value: attempted.value, status: 200, requestId: null, headers: {} };
}
