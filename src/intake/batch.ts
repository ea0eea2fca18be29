import { refuse } from "./alert.ts";
import type { Intake, IntakeResult } from "./intake.ts";
import type { Reading } from "./reading.ts";

/** More cases at once are a flood, not an alert; each costs a claim and an orchestration. */
export const MOST_CASES = 100;

/**
 * Reads each alert of a body that may hold several. One that is refused beside others that are not is said in the first
 * intake; only when all are refused is the body. The same alert twice is one.
 */
export function readEach(
  items: readonly Reading[],
  readOne: (item: Reading) => IntakeResult,
  nothing: string,
): IntakeResult {
  const byKey = new Map<string, Intake>();
  const refused: { readonly path: string; readonly result: Exclude<IntakeResult, { kind: "cases" }> }[] = [];
  for (const item of items) {
    const result = readOne(item);
    if (result.kind !== "cases") {
      refused.push({ path: item.path, result });
      continue;
    }
    for (const intake of result.intakes) {
      if (!byKey.has(intake.deliveredAs)) byKey.set(intake.deliveredAs, intake);
    }
    if (byKey.size > MOST_CASES) {
      return refuse("TOO_MANY_CASES", `The body holds more than ${MOST_CASES} alerts: send fewer at a time.`);
    }
  }
  const [first, ...rest] = byKey.values();
  if (first === undefined) return refused[0]?.result ?? refuse("NOT_AN_ALERT", nothing);
  const said = refused.slice(0, 20).map(({ path, result }) => `${path}: ${whyNot(result)}`);
  if (refused.length > said.length) said.push(`and ${refused.length - said.length} more refused`);
  return { kind: "cases", intakes: [{ ...first, unread: [...first.unread, ...said] }, ...rest] };
}

function whyNot(result: Exclude<IntakeResult, { kind: "cases" }>): string {
  return result.kind === "refused" ? `${result.code}, ${result.reason}` : "not recognised";
}

/** The alerts of a body as streams wrap them: alone, an array, `records`, `value`, and `properties` within. */
export function unwrapped(body: Reading, isOne: (item: Reading) => boolean): readonly Reading[] {
  const wrapped = body.items().flatMap((it) => {
    const inner = ["records", "value"].map((key) => it.at(key)).find((list) => Array.isArray(list.raw()));
    return inner === undefined ? [it] : inner.items();
  });
  return wrapped.flatMap((it) => {
    if (isOne(it)) return [it];
    const inner = it.at("properties");
    return inner.exists && isOne(inner) ? [inner] : [];
  });
}
