import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Activity } from "../../../src/case/activity.ts";
import type { Usual } from "../../../src/scope/activity/collect.ts";
import type { LoggedEvent } from "../../../src/scope/activity/log-source.ts";
import { judge } from "../../../src/scope/activity/suspicion.ts";

const WHO = "0b6f4c1e-4e5a-4c36-9d8e-2f4f1f2e3d4c";
const HOME = "198.51.100.20";
const AWAY = "203.0.113.50";
let made = 0;

function event(at: string, more: Partial<Activity> = {}, extra: Partial<LoggedEvent> = {}): LoggedEvent {
  made += 1;
  return {
    key: `event ${made}`,
    weight: 0,
    actor: { objectId: WHO, appId: null, userPrincipalName: null },
    links: [],
    row: {},
    ...extra,
    activity: {
      at,
      source: "service-principal-sign-in",
      operation: "Sign-in",
      target: null,
      outcome: "success",
      address: null,
      country: null,
      userAgent: null,
      credentialKeyId: null,
      tokenId: null,
      correlationId: null,
      attribution: "proven",
      ...more,
    },
  };
}
const usual = (more: Partial<Usual> = {}): Usual => ({
  subject: WHO,
  address: HOME,
  country: "NL",
  thing: null,
  ...more,
});
const suspicious = (events: readonly LoggedEvent[], known: readonly Usual[]) =>
  judge(events, known, ({ actor }) => actor.objectId).events.map(({ activity }) => activity.suspicious);

describe("what stands out", () => {
  test("a sign-in from another country, not one from another address of the same", () => {
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: HOME, country: "NL" }),
      event("2026-01-01T02:00:00.000Z", { address: "198.51.100.99", country: "NL" }),
      event("2026-01-01T03:00:00.000Z", { address: AWAY, country: "RU" }),
    ];
    expect(suspicious(events, [usual()])).toEqual([false, false, true]);
  });

  test("a call from an address of which only a sign-in knows the country borrows it", () => {
    const call = { source: "azure-activity", operation: "Microsoft.Web/sites/write" } as const;
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: "198.51.100.99", country: "NL" }),
      event("2026-01-01T02:00:00.000Z", { ...call, address: "198.51.100.99" }),
      event("2026-01-01T03:00:00.000Z", { ...call, address: "192.0.2.1" }),
    ];
    expect(suspicious(events, [usual()])).toEqual([false, false, true]);
  });

  test("whatever is done with the token of a sign-in that stands out, from wherever", () => {
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: AWAY, country: "RU", tokenId: "token==" }),
      event("2026-01-01T02:00:00.000Z", {
        source: "graph-activity",
        operation: "GET",
        address: HOME,
        tokenId: "token",
      }),
    ];
    expect(suspicious(events, [usual()])).toEqual([true, true]);
  });

  test("a secret never read before, where others were; not the one that always is", () => {
    const get = (at: string, name: string) =>
      event(at, {
        source: "key-vault",
        operation: "SecretGet",
        address: HOME,
        target: `/subscriptions/x/vaults/kv/secrets/${name}`,
      });
    const events = [get("2026-01-01T01:00:00.000Z", "daily"), get("2026-01-01T02:00:00.000Z", "other")];
    const habit = usual({ thing: "https://kv.vault.azure.net/secrets/daily/0123" });
    expect(suspicious(events, [habit])).toEqual([false, true]);
    expect(suspicious(events, [usual()])).toEqual([false, false]);
  });

  test("trust expanded after the first suspicious event; before it, or from a usual address, it does not", () => {
    const grant = (at: string, address: string | null) =>
      event(at, { source: "directory-audit", operation: "Add owner to application", address });
    const events = [
      grant("2026-01-01T01:00:00.000Z", null),
      event("2026-01-01T02:00:00.000Z", { address: AWAY, country: "RU" }),
      grant("2026-01-01T03:00:00.000Z", null),
      grant("2026-01-01T04:00:00.000Z", HOME),
    ];
    expect(suspicious(events, [usual()])).toEqual([false, true, true, false]);
  });

  test("the address of a directory change is that of the Graph call that made it", () => {
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: AWAY, country: "RU" }),
      event(
        "2026-01-01T02:00:00.000Z",
        { source: "graph-activity", operation: "POST", address: HOME },
        { links: ["c1"] },
      ),
      event(
        "2026-01-01T02:00:01.000Z",
        { source: "directory-audit", operation: "Add owner to application" },
        { links: ["c1"] },
      ),
    ];
    const { events: judged } = judge(events, [usual()], ({ actor }) => actor.objectId);
    expect(judged.map(({ activity }) => [activity.address, activity.suspicious])).toEqual([
      [AWAY, true],
      [HOME, false],
      [HOME, false],
    ]);
  });

  test("with nothing to compare, nothing is called unusual, and that is said", () => {
    const result = judge(
      [event("2026-01-01T01:00:00.000Z", { address: AWAY, country: "RU" })],
      [],
      ({ actor }) => actor.objectId,
    );
    expect(result.events.map(({ activity }) => activity.suspicious)).toEqual([false]);
    expect(result.withoutUsual).toEqual([WHO]);
    expect(result.firstSuspiciousAt).toBeNull();
  });

  test("an address the alert saw the attacker at is foreign, unless the principal is always there", () => {
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: AWAY, country: "NL" }),
      event("2026-01-01T02:00:00.000Z", { address: HOME, country: "NL" }),
    ];
    const judged = (known: readonly Usual[], alerted: readonly string[]) =>
      judge(events, known, ({ actor }) => actor.objectId, new Set(alerted)).events.map(
        ({ activity }) => activity.suspicious,
      );
    expect(judged([usual()], [])).toEqual([false, false]);
    expect(judged([usual()], [AWAY, HOME])).toEqual([true, false]);
    expect(judged([], [])).toEqual([false, false]);
    expect(judged([], [AWAY])).toEqual([true, false]);
  });

  test("the start and the end of a write are one event, with what both say", () => {
    const row = (properties: object) => ({ Properties_d: properties });
    const write = { source: "azure-activity", operation: "Microsoft.Web/sites/write" } as const;
    const { events } = judge(
      [
        event(
          "2026-01-01T01:00:00.000Z",
          { ...write, outcome: "unknown" },
          { key: "w", weight: 0, row: row({ requestbody: "{}" }) },
        ),
        event(
          "2026-01-01T01:00:02.000Z",
          { ...write },
          { key: "w", weight: 1, row: row({ statusCode: "Created" }) },
        ),
      ],
      [],
      ({ actor }) => actor.objectId,
    );
    expect(events).toHaveLength(1);
    expect(events[0]?.activity).toMatchObject({ at: "2026-01-01T01:00:00.000Z", outcome: "success" });
    expect(events[0]?.event.row).toEqual({ Properties_d: { requestbody: "{}", statusCode: "Created" } });
  });

  test("the order in which rows arrive changes nothing", () => {
    const events = [
      event("2026-01-01T01:00:00.000Z", { address: AWAY, country: "RU", tokenId: "t" }),
      event("2026-01-01T02:00:00.000Z", { source: "graph-activity", operation: "GET", tokenId: "t" }),
      event("2026-01-01T03:00:00.000Z", { source: "directory-audit", operation: "Add user" }),
      event("2026-01-01T04:00:00.000Z", { address: HOME, country: "NL" }),
    ];
    const whole = judge(events, [usual()], ({ actor }) => actor.objectId);
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(judge(shuffled, [usual()], ({ actor }) => actor.objectId)).toEqual(whole);
      }),
    );
  });
});
