import type { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import type { Scope } from "../case/scope.ts";
import type { WaveName } from "../plan/waves.ts";
import type { Hindrance } from "./hindrances.ts";

/** A right that a step uses. `infra/`, the permission page and a check before the incident are made from these. */
export type Need =
  | { readonly api: "graph"; readonly permission: string }
  | { readonly api: "azure"; readonly action: string }
  | { readonly api: "key-vault"; readonly dataAction: string };

/** One thing a step would do, as its file proposes it from a scope. Targets and `before` are plain data. */
export interface Proposal<Target, Before> {
  readonly target: Target;
  /** The object as it was: what undoing puts back. */
  readonly before: Before;
  readonly title: string;
  readonly because: readonly string[];
  /** Who loses what, in sentences. */
  readonly cost: readonly string[];
  /** Every object whose protection forbids the step: principals, applications, identities, by id. */
  readonly touches: readonly string[];
  /** What this one needs, where that is less than its kind may need. */
  readonly needs?: readonly Need[];
  /** Lower first within the wave. */
  readonly rank?: number;
  /** Tags of the resource that is changed: production tags always ask a person. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Set: a person is asked whatever the policy says, and this is why. A kind that is off unless named is on for it. */
  readonly asks?: string;
  /** In place of a step that came to nothing: that it is new in a plan says nothing about the attacker. */
  readonly offered?: true;
  /** The step cannot work, and a person has to act instead. */
  readonly hindered?: Hindrance;
}

/** What of the policy a proposal depends on. */
export interface Terms {
  /** From where a cluster's API server may be reached once it is closed; none means that a person has to close it. */
  readonly apiServerRanges: readonly string[];
}

/** What a step is performed with. */
export interface StepContext {
  readonly azure: Azure;
  /** The planned step's id: marks things that are made, so that a retry finds them. */
  readonly stepId: string;
}

export type Undoing<Target, Before> =
  | {
      readonly kind: "can";
      undo(context: StepContext, target: Target, before: Before): Promise<StepOutcome>;
      verifyUndone(context: StepContext, target: Target, before: Before): Promise<Confirmation>;
    }
  | { readonly kind: "cannot"; readonly because: string };

/** A containment action: everything about it in one file. */
export interface StepDefinition<Target, Before> {
  readonly kind: string;
  /** The wave it belongs to. */
  readonly wave: WaveName;
  readonly target: z.ZodType<Target>;
  readonly before: z.ZodType<Before>;
  readonly needs: readonly Need[];
  readonly undoing: Undoing<Target, Before>;
  /** Set: it is off unless the policy names the kind, and this is why. */
  readonly offUnlessNamed?: string;
  /** Set: whatever the policy says, a person is asked, and this is why. */
  readonly alwaysAsks?: string;
  /** Steps with the same key run one after another: Azure refuses concurrent writes to one object. */
  alone?(target: Target): string;
  /** Pure: which of these the scope calls for. */
  propose(scope: Scope, terms: Terms): readonly Proposal<Target, Before>[];
  /** Makes the change; safe to run again, alone or beside others. */
  apply(context: StepContext, target: Target, before: Before): Promise<StepOutcome>;
  /** Makes the change to several targets with the same key in one request, where Azure has one for that. */
  readonly together?: {
    readonly most: number;
    apply(azure: Azure, targets: readonly Target[]): Promise<readonly StepOutcome[]>;
  };
  /** Reads whether the change holds. One look; looking again is the orchestrator's. */
  verify(context: StepContext, target: Target, before: Before): Promise<Confirmation>;
}

/** Several targets at once: at most so many, outcomes in their order. */
export interface Together {
  readonly most: number;
  apply(azure: Azure, targets: readonly unknown[]): Promise<readonly StepOutcome[]>;
}

/** A definition with its types closed over, so that kinds of every shape stand in one list. */
export interface Step {
  readonly kind: string;
  readonly wave: WaveName;
  readonly needs: readonly Need[];
  /** Null when it can be undone. */
  readonly irreversibleBecause: string | null;
  /** Why it is off unless the policy names it; null when it is not. */
  readonly offUnlessNamed: string | null;
  /** Why a person is always asked; null when the policy decides. */
  readonly alwaysAsks: string | null;
  propose(
    scope: Scope,
    terms: Terms,
  ): readonly Proposal<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>[];
  /** Null: side by side with anything. */
  alone(target: unknown): string | null;
  /** Null: one at a time. */
  readonly together: Together | null;
  bind(target: unknown, before: unknown): BoundStep;
}

/** A step with its target: what a performer runs. */
export interface BoundStep {
  apply(context: StepContext): Promise<StepOutcome>;
  verify(context: StepContext): Promise<Confirmation>;
  /** Null when it cannot be undone. */
  readonly undo: ((context: StepContext) => Promise<StepOutcome>) | null;
  readonly verifyUndone: ((context: StepContext) => Promise<Confirmation>) | null;
}

type PlainObject = Readonly<Record<string, unknown>>;

/** Closes a definition's types. A target or `before` that does not parse is a broken plan and throws. */
export function defineStep<Target extends PlainObject, Before extends PlainObject>(
  definition: StepDefinition<Target, Before>,
): Step {
  const { undoing, together } = definition;
  return {
    kind: definition.kind,
    wave: definition.wave,
    needs: definition.needs,
    irreversibleBecause: undoing.kind === "cannot" ? undoing.because : null,
    offUnlessNamed: definition.offUnlessNamed ?? null,
    alwaysAsks: definition.alwaysAsks ?? null,
    propose: (scope, terms) => definition.propose(scope, terms),
    alone: (target) => definition.alone?.(definition.target.parse(target)) ?? null,
    together:
      together === undefined
        ? null
        : {
            most: together.most,
            apply: (azure, targets) =>
              together.apply(
                azure,
                targets.map((it) => definition.target.parse(it)),
              ),
          },
    bind(rawTarget, rawBefore) {
      const target = definition.target.parse(rawTarget);
      const before = definition.before.parse(rawBefore);
      return {
        apply: (context) => definition.apply(context, target, before),
        verify: (context) => definition.verify(context, target, before),
        undo: undoing.kind === "can" ? (context) => undoing.undo(context, target, before) : null,
        verifyUndone:
          undoing.kind === "can" ? (context) => undoing.verifyUndone(context, target, before) : null,
      };
    },
  };
}

export function cannotBeUndone(because: string): { readonly kind: "cannot"; readonly because: string } {
  return { kind: "cannot", because };
}
