import { z } from "zod";

/** What the demo reads of the API's answers. */
export const CaseSeenSchema = z.object({
  caseId: z.string(),
  status: z.string(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  steps: z.object({ planned: z.number(), applied: z.number(), confirmed: z.number(), gaps: z.number() }),
  decision: z
    .object({
      planDigest: z.string(),
      deadline: z.string(),
      difference: z
        .object({ added: z.array(z.string()), widened: z.array(z.string()), gone: z.array(z.string()) })
        .nullable(),
    })
    .nullable(),
  residualExposure: z.array(z.object({ what: z.string(), where: z.string(), until: z.string().nullable() })),
});
export type CaseSeen = z.infer<typeof CaseSeenSchema>;

export const PlanSeenSchema = z.object({
  waves: z.array(
    z.object({
      name: z.string(),
      steps: z.array(
        z.object({ id: z.string(), kind: z.string(), title: z.string(), permission: z.string() }),
      ),
    }),
  ),
});

export const OpenedSchema = z.object({ caseId: z.string() });

export const ReportSeenSchema = z.object({
  steps: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      title: z.string(),
      result: z.string().nullable(),
      confirmed: z.boolean(),
    }),
  ),
});
