import type { Tourniquet } from "../tourniquet.ts";
import type { AskInput, Begun, CaseRef, Watched, WatchInput } from "./activities.ts";
import type { Telling } from "./start-word.ts";
import { existing } from "./stored-case.ts";
import { occasionOf } from "./word.ts";

/** What is told after which activity. The same again, after a crash, is the same word. */

export async function afterBeginning(
  _: Tourniquet,
  { caseId }: CaseRef,
  { next }: Begun,
): Promise<Telling | null> {
  return next === "again" ? null : { caseId, occasion: "opened", about: "" };
}

export async function afterAsking(_: Tourniquet, { caseId, planDigest }: AskInput): Promise<Telling> {
  return { caseId, occasion: "decision-needed", about: planDigest };
}

export async function afterConcluding(app: Tourniquet, { caseId }: CaseRef): Promise<Telling> {
  const { status, outcome, plans } = await existing(app, caseId);
  return { caseId, occasion: occasionOf(status, outcome), about: `${plans} ${status} ${outcome ?? ""}` };
}

/** Every look sees what the looks before it saw; only what is newly on record is news. */
export async function afterLooking(
  app: Tourniquet,
  { caseId }: WatchInput,
  { findings }: Watched,
): Promise<Telling | null> {
  if (findings === 0) return null;
  let newest = "";
  for await (const { type, id } of app.record(caseId).read()) if (type === "watch-finding") newest = id;
  return { caseId, occasion: "watch-finding", about: newest };
}

export async function afterFailing(app: Tourniquet, { caseId }: CaseRef): Promise<Telling> {
  const { plans } = await existing(app, caseId);
  return { caseId, occasion: "ended", about: `${plans} failed` };
}
