import type { LogRow } from "../../azure/logs.ts";
import type { Activity } from "../../case/activity.ts";
import { byText } from "../identifiers.ts";
import type { Usual } from "./collect.ts";
import { type LoggedEvent, recordOf } from "./log-source.ts";
import { trustExpansion } from "./trust-expansion.ts";

/** An event with its principal and what is thought of it. */
export interface JudgedEvent {
  readonly event: LoggedEvent;
  readonly activity: Activity;
}

export interface Judgement {
  /** Oldest first. */
  readonly events: readonly JudgedEvent[];
  /** Null when nothing stands out. */
  readonly firstSuspiciousAt: string | null;
  /** Addresses that suspicious calls came from. */
  readonly addresses: ReadonlySet<string>;
  /** Principals of which nothing usual is known, so that nothing could be called unusual. */
  readonly withoutUsual: readonly string[];
}

/**
 * Decides what stands out. Pure; the rules, in order:
 * 1. A call from an address the principal was not seen at in the two weeks before, unless the address is in a country it
 *    was seen in (hosted build agents change address all day). Sign-ins tell the country; other logs borrow it from them.
 *    Where the alert saw the attacker at the address, no country excuses it, nor that nothing usual is known.
 * 2. Anything done with the token of a sign-in, or from the address of a call, that stands out.
 * 3. A secret read that the principal did not read in the two weeks before, if it read any.
 * 4. Trust expanded (roles, credentials, owners, consents, federations, logging turned off) after the first event that
 *    stands out, where the log gives no address to clear it by; and, where nothing stands out at all, all of it.
 */
export function judge(
  events: readonly LoggedEvent[],
  usual: readonly Usual[],
  principalKeyOf: (event: LoggedEvent) => string | null,
  alerted: ReadonlySet<string> = new Set(),
): Judgement {
  const own = merge(events).flatMap((event) => {
    const principalKey = principalKeyOf(event);
    return principalKey === null ? [] : [{ event, principalKey }];
  });
  const linked = linkAddresses(own.map(({ event }) => event));
  const countries = countriesByAddress(linked, usual);
  const habits = habitsOf(usual);
  const withoutUsual = new Set<string>();

  const addresses = new Set<string>();
  const tokens = new Set<string>();
  const marked = new Set<LoggedEvent>();
  const isForeign = (event: LoggedEvent, key: string): boolean => {
    const { address } = event.activity;
    if (address === null) return false;
    const habit = habits.get(key);
    if (habit === undefined) withoutUsual.add(key);
    if (alerted.has(address.toLowerCase())) return habit?.addresses.has(address) !== true;
    if (habit === undefined) return false;
    if (habit.addresses.size === 0 || habit.addresses.has(address)) return false;
    const country = event.activity.country ?? countries.get(address) ?? null;
    return country === null || habit.countries.size === 0 || !habit.countries.has(country);
  };
  for (const [index, { principalKey }] of own.entries()) {
    const event = linked[index];
    if (event === undefined || !isForeign(event, principalKey)) continue;
    marked.add(event);
    if (event.activity.address !== null) addresses.add(event.activity.address);
    if (event.activity.tokenId !== null) tokens.add(bareToken(event.activity.tokenId));
  }
  for (const [index, { principalKey }] of own.entries()) {
    const event = linked[index];
    if (event === undefined) continue;
    const { address, tokenId, source, operation, target, outcome } = event.activity;
    if (address !== null && addresses.has(address)) marked.add(event);
    if (tokenId !== null && tokens.has(bareToken(tokenId))) marked.add(event);
    const things = habits.get(principalKey)?.things;
    const isRead = source === "key-vault" && operation === "SecretGet" && outcome === "success";
    if (
      isRead &&
      target !== null &&
      things !== undefined &&
      things.size > 0 &&
      !things.has(thingOf(target))
    ) {
      marked.add(event);
    }
  }
  const first = [...marked].map(({ activity }) => activity.at).toSorted(byText)[0] ?? null;
  for (const event of linked) {
    if (trustExpansion(event) === null || event.activity.outcome === "failure") continue;
    const cleared = event.activity.address !== null;
    if (first === null || (event.activity.at >= first && !cleared)) marked.add(event);
  }
  const credentials = credentialsOf(linked);
  const byAddress = onlyCredentials(linked);
  return {
    events: own
      .flatMap(({ principalKey }, index) => {
        const event = linked[index];
        if (event === undefined) return [];
        const { address, tokenId } = event.activity;
        const byToken = tokenId === null ? undefined : credentials.get(bareToken(tokenId));
        const byPlace = byAddress.get(`${event.actor.objectId ?? ""} ${address ?? ""}`);
        const activity: Activity = {
          ...event.activity,
          principalKey,
          country: event.activity.country ?? (address === null ? null : (countries.get(address) ?? null)),
          credentialKeyId: event.activity.credentialKeyId ?? byToken ?? byPlace ?? null,
          suspicious: marked.has(event),
          expanded: trustExpansion(event),
        };
        return [{ event, activity }];
      })
      .toSorted((a, b) => byText(a.activity.at, b.activity.at) || byText(a.event.key, b.event.key)),
    firstSuspiciousAt: [...marked].map(({ activity }) => activity.at).toSorted(byText)[0] ?? null,
    addresses,
    withoutUsual: [...withoutUsual].toSorted(byText),
  };
}

/** One event a key: of a write's start and end the end is kept, at the time of the start. */
function merge(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  const byKey = new Map<string, LoggedEvent>();
  for (const event of events) {
    const known = byKey.get(event.key);
    if (known === undefined) {
      byKey.set(event.key, event);
      continue;
    }
    const [kept, other] = event.weight > known.weight ? [event, known] : [known, event];
    const at = event.activity.at < known.activity.at ? event.activity.at : known.activity.at;
    byKey.set(event.key, {
      ...kept,
      row: rowsTogether(other.row, kept.row),
      activity: { ...kept.activity, at },
    });
  }
  return [...byKey.values()].toSorted((a, b) => byText(a.key, b.key));
}

/** The activity log has what was asked in the row of the start, what came of it in the row of the end. */
function rowsTogether(less: LogRow, more: LogRow): LogRow {
  if (more["Properties_d"] === undefined) return more;
  return { ...more, Properties_d: { ...recordOf(less["Properties_d"]), ...recordOf(more["Properties_d"]) } };
}

/** The directory's log has no address for applications; the Graph log has one for the same request. */
function linkAddresses(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  const calls = new Map<string, LoggedEvent>();
  for (const event of events) {
    if (event.activity.source !== "graph-activity") continue;
    for (const link of event.links) calls.set(link, event);
  }
  return events.map((event) => {
    if (event.activity.source !== "directory-audit" || event.activity.address !== null) return event;
    const call = event.links.map((link) => calls.get(link)).find((it) => it !== undefined);
    if (call === undefined || call.actor.objectId !== event.actor.objectId) return event;
    const { address, tokenId, userAgent } = call.activity;
    return { ...event, activity: { ...event.activity, address, tokenId, userAgent } };
  });
}

function countriesByAddress(
  events: readonly LoggedEvent[],
  usual: readonly Usual[],
): ReadonlyMap<string, string> {
  const countries = new Map<string, string>();
  for (const { address, country } of [...usual, ...events.map(({ activity }) => activity)]) {
    if (address !== null && country !== null) countries.set(address, country);
  }
  return countries;
}

interface Habit {
  readonly addresses: Set<string>;
  readonly countries: Set<string>;
  readonly things: Set<string>;
}

function habitsOf(usual: readonly Usual[]): ReadonlyMap<string, Habit> {
  const habits = new Map<string, Habit>();
  for (const { subject, address, country, thing } of usual) {
    const habit = habits.get(subject) ?? { addresses: new Set(), countries: new Set(), things: new Set() };
    habits.set(subject, habit);
    if (address !== null) habit.addresses.add(address);
    if (country !== null) habit.countries.add(country);
    if (thing !== null) habit.things.add(thingOf(thing));
  }
  return habits;
}

function credentialsOf(events: readonly LoggedEvent[]): ReadonlyMap<string, string> {
  const credentials = new Map<string, string>();
  for (const { activity } of events) {
    if (activity.operation === "Sign-in" && activity.tokenId !== null && activity.credentialKeyId !== null) {
      credentials.set(bareToken(activity.tokenId), activity.credentialKeyId);
    }
  }
  return credentials;
}

/** The credential of a principal at an address, where it used only one there: most logs name no token. */
function onlyCredentials(events: readonly LoggedEvent[]): ReadonlyMap<string, string | null> {
  const only = new Map<string, string | null>();
  for (const { actor, activity } of events) {
    if (activity.operation !== "Sign-in" || activity.credentialKeyId === null) continue;
    const key = `${actor.objectId ?? ""} ${activity.address ?? ""}`;
    const known = only.get(key);
    only.set(
      key,
      known === undefined || known === activity.credentialKeyId ? activity.credentialKeyId : null,
    );
  }
  return only;
}

/** Some exports pad token ids, some do not. */
function bareToken(tokenId: string): string {
  return tokenId.replace(/=+$/, "");
}

/** A secret whatever its version, whether named by a vault's address or by its ARM id. */
function thingOf(target: string): string {
  const parts = /(?:vaults\/|https:\/\/)([^/.]+)[^/]*\/(secrets|keys|certificates)\/([^/]+)/i.exec(target);
  return (parts === null ? target : `${parts[1] ?? ""}/${parts[2] ?? ""}/${parts[3] ?? ""}`).toLowerCase();
}
