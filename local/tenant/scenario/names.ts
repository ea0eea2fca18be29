import { namedGuid, seededRandom } from "../random.ts";

/**
 * What turns the names a scenario file is written with into ids, times and secrets. The same scenario and seed always
 * give the same ones. Loaders ask `guid` for every id that the file does not give, so that references elsewhere find it.
 */
export interface ScenarioNames {
  /** The id of the thing of this kind and name. Kinds: `application`, `appId`, `servicePrincipal`, `user`, `keyId` … */
  guid(kind: string, name: string): string;
  /** The file gives the id itself: from here on `guid` and references answer with it. */
  given(kind: string, name: string, id: string): string;
  /** `-2h`, `-730d`, `+15m`, `now`, or an ISO time → ISO in UTC with milliseconds. Throws `ScenarioTimeError` on anything else. */
  at(offsetOrIso: string): string;
  /** A generated secret value, 40 characters as Entra makes them. Kind and name as with `guid`: `secret("keyId", "deploy.leaked")`. */
  secret(kind: string, name: string): string;
  /** Replaces every `{{kind.name}}`, `{{secret.kind.name}}` and `{{at.-2h}}` in all strings of a JSON value; `{{id.name}}` makes up an id. */
  resolve(value: unknown): unknown;
  /** References that named nothing any loader knows; asked after loading, and reported as problems of the file. */
  unknownReferences(): string[];
}

/** A time in a scenario file that is neither an offset nor ISO 8601. */
export class ScenarioTimeError extends Error {
  readonly code = "SCENARIO_TIME";
  constructor(text: string) {
    super(`"${text}" is neither an offset such as -2h or -30d, nor "now", nor an ISO 8601 time`);
    this.name = "ScenarioTimeError";
  }
}

const UNIT_IN_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

export interface ScenarioNamesOptions {
  readonly scenario: string;
  readonly seed: string | number;
  readonly nowInMs: number;
}

export function scenarioNames({ scenario, seed, nowInMs }: ScenarioNamesOptions): ScenarioNames {
  const given = new Map<string, string>();
  const known = new Set<string>();
  const referenced = new Map<string, string>();

  const idOf = (kind: string, name: string) =>
    given.get(`${kind}.${name}`) ?? namedGuid(scenario, String(seed), kind, name);

  const at = (text: string): string => {
    if (text === "now") return new Date(nowInMs).toISOString();
    const offset = /^([+-])(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
    if (offset) {
      const [, sign, amount, unit] = offset;
      const byInMs = Number(amount) * (UNIT_IN_MS[unit ?? ""] ?? Number.NaN);
      return new Date(nowInMs + (sign === "-" ? -byInMs : byInMs)).toISOString();
    }
    if (!/^\d{4}-\d{2}-\d{2}(?:T.+)?$/.test(text) || Number.isNaN(Date.parse(text)))
      throw new ScenarioTimeError(text);
    return new Date(text).toISOString();
  };

  const secret = (kind: string, name: string): string => {
    const random = seededRandom([scenario, String(seed), "secret", kind, name].join("\u0000"));
    // Entra's generated secrets carry "8Q~" at the fourth place; secret scanners look for exactly that.
    return `${random.secret(3).replaceAll(/[~_.-]/g, "a")}8Q~${random.secret(34)}`;
  };

  const reference = (text: string): string => {
    const [kind = "", ...rest] = text.split(".");
    const name = rest.join(".");
    if (kind === "at") return at(name);
    if (kind === "secret") {
      const [ofKind = "", ...of] = rest;
      referenced.set(`${ofKind}.${of.join(".")}`, text);
      return secret(ofKind, of.join("."));
    }
    // An id of nothing that is loaded here: a cluster's issuer, a repository, a tenant elsewhere.
    if (kind !== "id") referenced.set(`${kind}.${name}`, text);
    return idOf(kind, name);
  };

  return {
    guid: (kind, name) => {
      known.add(`${kind}.${name}`);
      return idOf(kind, name);
    },
    given: (kind, name, id) => {
      known.add(`${kind}.${name}`);
      given.set(`${kind}.${name}`, id);
      return id;
    },
    at,
    secret: (kind, name) => {
      known.add(`${kind}.${name}`);
      return secret(kind, name);
    },
    resolve: (value) => resolveStrings(value, reference),
    unknownReferences: () => [...referenced].filter(([key]) => !known.has(key)).map(([, text]) => text),
  };
}

function resolveStrings(value: unknown, reference: (text: string) => string): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\{\{([^{}]+)\}\}/g, (_, text: string) => reference(text.trim()));
  }
  if (Array.isArray(value)) return value.map((item) => resolveStrings(item, reference));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replaceAll(/\{\{([^{}]+)\}\}/g, (_, text: string) => reference(text.trim())),
      resolveStrings(item, reference),
    ]),
  );
}
