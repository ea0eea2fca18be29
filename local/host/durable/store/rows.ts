import { z } from "zod";

import { parentReference, type ParentReference } from "../history-event.ts";
import { StoreError } from "./store-error.ts";

export const runtimeStatuses = [
  "Pending",
  "Running",
  "Suspended",
  "Completed",
  "Failed",
  "Terminated",
] as const;

export type RuntimeStatus = (typeof runtimeStatuses)[number];

/** The states that an instance never leaves by itself. */
export function hasEnded(status: RuntimeStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Terminated";
}

export interface Instance {
  readonly instanceId: string;
  readonly executionId: string;
  /** Counts the executions: 0, then one more with every continue-as-new. */
  readonly generation: number;
  readonly name: string;
  readonly version: string | null;
  readonly status: RuntimeStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly parent: ParentReference | null;
}

export interface Message {
  readonly seq: number;
  readonly executionId: string | null;
  readonly event: string;
}

export interface ActivityWork {
  readonly seq: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string;
  /** How often it was begun, this time included. */
  readonly starts: number;
}

export interface DueTimer {
  readonly seq: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly timerId: number;
  readonly fireAt: number;
}

const parentText = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : parentReference.parse(JSON.parse(text))));

const instanceRow = z
  .object({
    instance_id: z.string(),
    execution_id: z.string(),
    generation: z.number(),
    name: z.string(),
    version: z.string().nullable(),
    status: z.enum(runtimeStatuses),
    input: z.string().nullable(),
    output: z.string().nullable(),
    custom_status: z.string().nullable(),
    created_at: z.number(),
    updated_at: z.number(),
    parent: parentText,
  })
  .transform((row): Instance => ({
    instanceId: row.instance_id,
    executionId: row.execution_id,
    generation: row.generation,
    name: row.name,
    version: row.version,
    status: row.status,
    input: row.input,
    output: row.output,
    customStatus: row.custom_status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    parent: row.parent,
  }));

const messageRow = z
  .object({ seq: z.number(), execution_id: z.string().nullable(), event: z.string() })
  .transform((row): Message => ({ seq: row.seq, executionId: row.execution_id, event: row.event }));

const activityRow = z
  .object({
    seq: z.number(),
    instance_id: z.string(),
    execution_id: z.string(),
    task_id: z.number(),
    name: z.string(),
    input: z.string(),
    starts: z.number(),
  })
  .transform((row): ActivityWork => ({
    seq: row.seq,
    instanceId: row.instance_id,
    executionId: row.execution_id,
    taskId: row.task_id,
    name: row.name,
    input: row.input,
    starts: row.starts,
  }));

const timerRow = z
  .object({
    seq: z.number(),
    instance_id: z.string(),
    execution_id: z.string(),
    timer_id: z.number(),
    fire_at: z.number(),
  })
  .transform((row): DueTimer => ({
    seq: row.seq,
    instanceId: row.instance_id,
    executionId: row.execution_id,
    timerId: row.timer_id,
    fireAt: row.fire_at,
  }));

export const readInstance = reader("instance", instanceRow);
export const readMessage = reader("inbox", messageRow);
export const readActivity = reader("activity", activityRow);
export const readTimer = reader("timer", timerRow);

/** Reads rows of one table; a row that does not fit is damage, never skipped. */
function reader<T>(table: string, row: z.ZodType<T>): (value: unknown) => T {
  return (value) => {
    try {
      return row.parse(value);
    } catch (error) {
      throw new StoreError("STORE_DAMAGED", `a row of table '${table}' cannot be read`, error);
    }
  };
}
