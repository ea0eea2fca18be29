import { z } from "zod";
import { MODES, type Mode, type Severity } from "../case/case.ts";
import type { PrincipalKind } from "../case/principal.ts";

const PERMISSIONS = ["automatic", "approval", "off"] as const;
const SEVERITIES = ["informational", "low", "medium", "high"] as const satisfies readonly Severity[];
const PRINCIPAL_KINDS = [
  "application",
  "system-assigned-identity",
  "user-assigned-identity",
  "user",
  "legacy",
] as const satisfies readonly PrincipalKind[];

const Tag = z.strictObject({ name: z.string().min(1), values: z.array(z.string()).min(1).optional() });

/** A name or an address here would protect nobody, in silence. */
const ProtectedId = z
  .string()
  .refine(
    (id) => z.guid().safeParse(id).success || /^\/(?:subscriptions|providers)\/[^/]/i.test(id),
    "neither an object id, nor an app id, nor an ARM id",
  );

const Rule = z.strictObject({
  name: z.string().min(1),
  when: z
    .strictObject({
      /** Alert kinds as intake names them; `responder` for a person's request. */
      triggers: z.array(z.string()).min(1).optional(),
      minimumSeverity: z.enum(SEVERITIES).optional(),
      principalKinds: z.array(z.enum(PRINCIPAL_KINDS)).min(1).optional(),
    })
    .default({}),
  mode: z.enum(MODES),
  /** Disable sign-in of an unambiguous suspect before the scope is known. */
  quickCut: z.enum(["automatic", "off"]).default("off"),
  steps: z
    .strictObject({
      reversible: z.enum(PERMISSIONS).default("approval"),
      irreversible: z.enum(PERMISSIONS).default("approval"),
      /** By step kind; outranks the two above. */
      kinds: z.record(z.string(), z.enum(PERMISSIONS)).default({}),
    })
    .default({ reversible: "approval", irreversible: "approval", kinds: {} }),
});

/** What the app may do by itself, what a person decides, and what nobody may do. One document; see docs/policy.md. */
export const Policy = z.strictObject({
  version: z.literal(1),
  /** The first rule that matches decides; none matching means plan only. */
  rules: z.array(Rule).default([]),
  protected: z
    .strictObject({
      /** Object ids, app ids or ARM ids: never touched, whoever asks. */
      ids: z.array(ProtectedId).default([]),
      tags: z.array(Tag).default([]),
      groupIds: z.array(z.guid()).default([]),
    })
    .default({ ids: [], tags: [], groupIds: [] }),
  /** Emergency access accounts. Never touched either; a list of its own so that nobody trims it with the other. */
  breakGlass: z.array(z.guid()).default([]),
  /** Resources with these tags always need a person. */
  production: z.strictObject({ tags: z.array(Tag).default([]) }).default({ tags: [] }),
  clusters: z
    .strictObject({
      /**
       * From where API servers may still be reached when one is closed: responders, this app, pipelines, and the clusters'
       * own outbound addresses, without which nodes lose the API server. None: a person closes it.
       */
      apiServerRanges: z.array(z.cidrv4()).max(200).default([]),
    })
    .default({ apiServerRanges: [] }),
  limits: z
    .strictObject({
      /** More principals than this cut within an hour turn automatic into approval: an alert storm is not a verdict. */
      principalsPerHour: z.int().min(0).default(5),
      /** A case that would remove more role assignments than this asks first. */
      rolesPerCase: z.int().min(0).default(25),
    })
    .default({ principalsPerHour: 5, rolesPerCase: 25 }),
  approval: z
    .strictObject({
      deadlineInHours: z.number().positive().max(168).default(4),
      /** What silence means: nothing more is done, or the reversible steps are done without an approver. */
      atDeadline: z.enum(["stop", "contain"]).default("stop"),
    })
    .default({ deadlineInHours: 4, atDeadline: "stop" }),
  verification: z
    .strictObject({
      /** Re-reads in a row that must agree. */
      confirmations: z.int().min(1).max(10).default(3),
      everySeconds: z.number().positive().max(600).default(20),
      /** A cut that is not confirmed by then is reported as a gap. */
      giveUpAfterMinutes: z.number().positive().max(120).default(15),
      /** Proof by use: a token is asked for with client secrets that are rotated, old and new, and thrown away. */
      signIn: z.boolean().default(true),
    })
    .default({ confirmations: 3, everySeconds: 20, giveUpAfterMinutes: 15, signIn: true }),
  watch: z
    .strictObject({
      hours: z.number().min(0).max(720).default(72),
      everyMinutes: z.number().positive().max(720).default(10),
      /** How often a look reads everything, though nothing looks different: what no cheap look can see is found then. */
      wholeEveryMinutes: z.number().positive().max(1_440).default(60),
    })
    .default({ hours: 72, everyMinutes: 10, wholeEveryMinutes: 60 }),
  writeBack: z
    .strictObject({ closeIncident: z.boolean().default(false), raiseSeverity: z.boolean().default(false) })
    .default({ closeIncident: false, raiseSeverity: false }),
});

export type Policy = z.infer<typeof Policy>;
export type PolicyRule = Policy["rules"][number];

export type ParsedPolicy =
  | { readonly kind: "policy"; readonly policy: Policy }
  /** Every problem, each with where it stands. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** What a policy may name that is defined elsewhere. */
export interface Vocabulary {
  readonly stepKinds: readonly string[];
  /** Alert kinds as intake names them, and `responder`. */
  readonly triggers: readonly string[];
}

/** Reads a policy document. One mistake anywhere refuses the whole: half a policy is none. */
export function parsePolicy(document: unknown, vocabulary: Vocabulary): ParsedPolicy {
  const parsed = Policy.safeParse(document);
  const problems = [
    ...(parsed.error?.issues ?? []).map(
      (issue) => `${issue.path.join(".") || "(document)"}: ${issue.message}`,
    ),
    ...ruleProblems(document, vocabulary),
  ];
  return parsed.success && problems.length === 0
    ? { kind: "policy", policy: parsed.data }
    : { kind: "refused", problems };
}

/** As much of a document as the problems below are found in, so that they are found beside any others. */
const Rules = z.object({
  rules: z.array(
    z.object({
      name: z.unknown().optional(),
      when: z.looseObject({ triggers: z.array(z.string()).optional().catch([]) }).optional(),
      steps: z.object({ kinds: z.record(z.string(), z.unknown()).catch({}) }).catch({ kinds: {} }),
    }),
  ),
});

function ruleProblems(document: unknown, { stepKinds, triggers }: Vocabulary): readonly string[] {
  const rules = Rules.safeParse(document).data?.rules ?? [];
  const catchAll = rules.findIndex(({ when }) => Object.keys(when ?? {}).length === 0);
  return rules.flatMap(({ name, steps, when }, index) => [
    ...(when?.triggers ?? []).flatMap((trigger, place) =>
      triggers.includes(trigger)
        ? []
        : [
            `rules.${index}.when.triggers.${place}: there is no trigger ${JSON.stringify(trigger)}, but ${triggers.join(", ")}`,
          ],
    ),
    ...(catchAll !== -1 && index > catchAll
      ? [`rules.${index}: never asked, because rules.${catchAll} matches every case`]
      : []),
    ...Object.keys(steps.kinds)
      .filter((kind) => !stepKinds.includes(kind))
      .map((kind) => `rules.${index}.steps.kinds.${kind}: there is no such step`),
    // The record names the rule that decided: it has to be one.
    ...(rules.findIndex((it) => it.name === name) < index
      ? [`rules.${index}.name: another rule has this name`]
      : []),
  ]);
}

/** No policy document: scope and plan are made, nothing is cut. */
export const PLAN_ONLY: Policy = Policy.parse({ version: 1 });

export interface PolicyQuestion {
  readonly trigger: string;
  readonly severity: Severity;
  readonly principalKinds: readonly PrincipalKind[];
}

export interface Ruling {
  readonly rule: string;
  readonly mode: Mode;
  readonly quickCut: boolean;
  readonly steps: PolicyRule["steps"];
}

const NO_RULE: Ruling = {
  rule: "no rule matched: plan only",
  mode: "plan",
  quickCut: false,
  steps: { reversible: "off", irreversible: "off", kinds: {} },
};

/** What the policy says for a case. Every principal kind in it has to be covered by the rule. */
export function ruleOn(policy: Policy, question: PolicyQuestion): Ruling {
  const matching = policy.rules.find(
    ({ when }) =>
      (when.triggers === undefined || when.triggers.includes(question.trigger)) &&
      (when.minimumSeverity === undefined ||
        SEVERITIES.indexOf(question.severity) >= SEVERITIES.indexOf(when.minimumSeverity)) &&
      (when.principalKinds === undefined ||
        question.principalKinds.every((kind) => when.principalKinds?.includes(kind))),
  );
  if (matching === undefined) return NO_RULE;
  return {
    rule: matching.name,
    mode: matching.mode,
    quickCut: matching.quickCut === "automatic",
    steps: matching.steps,
  };
}

export function carriesTag(
  tags: Readonly<Record<string, string>>,
  wanted: readonly { readonly name: string; readonly values?: readonly string[] | undefined }[],
): boolean {
  // Azure compares tag names without regard to case, tag values with it.
  const byName = new Map(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value]));
  return wanted.some(({ name, values }) => {
    const value = byName.get(name.toLowerCase());
    return value !== undefined && (values === undefined || values.includes(value));
  });
}
