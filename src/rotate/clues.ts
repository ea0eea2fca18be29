/** What a value shows of who issued it, its credential left out. */
export interface Clues {
  /** Resources it names: by their host names, or as a storage account's name. */
  readonly resources: readonly NamedResource[];
  /** The site, and slot, of a publishing profile. */
  readonly site: { readonly name: string; readonly slot: string | null } | null;
  /** The rule of a messaging namespace, and the entity it is for. */
  readonly rule: { readonly name: string; readonly entity: string | null } | null;
  /** As whom it signs in. */
  readonly login: string | null;
  /** Types of resources whose keys look like something in it. */
  readonly keysOf: readonly string[];
  /** App ids, where it names some. */
  readonly ids: readonly string[];
  readonly isSignature: boolean;
}

export interface NamedResource {
  readonly types: readonly string[];
  readonly name: string;
}

const STORAGE = "microsoft.storage/storageaccounts";
const COSMOS = "microsoft.documentdb/databaseaccounts";
const REDIS = "microsoft.cache/redis";
const REGISTRY = "microsoft.containerregistry/registries";
const APP_CONFIGURATION = "microsoft.appconfiguration/configurationstores";
const COGNITIVE = "microsoft.cognitiveservices/accounts";
export const NAMESPACES = ["microsoft.servicebus/namespaces", "microsoft.eventhub/namespaces"] as const;
export const SITES = ["microsoft.web/sites", "microsoft.web/sites/slots"] as const;
export const SERVERS = [
  "microsoft.sql/servers",
  "microsoft.dbforpostgresql/flexibleservers",
  "microsoft.dbformysql/flexibleservers",
] as const;

/** Host names of Azure's public cloud, and whose they are. */
const HOSTS: readonly (readonly [suffix: string, types: readonly string[]])[] = [
  ["(?:blob|queue|table|file|dfs|web)\\.core\\.windows\\.net", [STORAGE]],
  ["(?:documents|(?:mongo|table|cassandra|gremlin)\\.cosmos)\\.azure\\.com", [COSMOS]],
  ["servicebus\\.windows\\.net", NAMESPACES],
  ["redis\\.cache\\.windows\\.net", [REDIS]],
  ["azurecr\\.io", [REGISTRY]],
  ["azconfig\\.io", [APP_CONFIGURATION]],
  ["(?:cognitiveservices\\.azure|openai\\.azure|services\\.ai\\.azure)\\.com", [COGNITIVE]],
  ["database\\.windows\\.net", ["microsoft.sql/servers"]],
  ["postgres\\.database\\.azure\\.com", ["microsoft.dbforpostgresql/flexibleservers"]],
  ["mysql\\.database\\.azure\\.com", ["microsoft.dbformysql/flexibleservers"]],
];

/** How the keys of each service look. A value of no such look is no key of theirs, and nobody is asked about it. */
const LOOKS: readonly (readonly [look: RegExp, types: readonly string[]])[] = [
  [/^[A-Za-z0-9+/]{86}==$/, [STORAGE, COSMOS]],
  [/^[A-Za-z0-9+/]{43}=$/, [REDIS, APP_CONFIGURATION, ...NAMESPACES]],
  [/^[0-9a-f]{32}$/i, [COGNITIVE]],
  [/^[A-Za-z0-9]{84}$/, [COGNITIVE, APP_CONFIGURATION]],
  [/^[A-Za-z0-9+/]{52}$/, [REGISTRY]],
  [/^(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9+/=]{32}$/, [REGISTRY]],
  [/^[A-Za-z0-9]{60}$/, SITES],
];
const KEY = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32,}={0,2}(?![A-Za-z0-9+/=])/g;
const MOST_KEYS = 20;

/** Entra's generated secrets have this at the fourth place; secret scanners look for exactly that. */
export const ENTRA_SECRET = /(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w.~-])/g;

/** The client secrets of Entra that stand in a text: the whole of it, or a part. They are secret themselves. */
export function entraSecretsIn(text: string): readonly string[] {
  return [...new Set(text.match(ENTRA_SECRET))];
}

/** Reads a value for what it says of its issuer. Pure; what it gives holds no credential. */
export function cluesIn(value: string): Clues {
  const text = plainOf(value);
  const field = (name: string) =>
    new RegExp(`(?:^|[;\\s"])${name}\\s*=\\s*([^;"\\s]+)`, "i").exec(text)?.[1]?.trim() ?? null;
  const rule = field("SharedAccessKeyName");
  return {
    resources: resourcesIn(text),
    site: siteIn(text),
    rule: rule === null ? null : { name: rule, entity: field("EntityPath") },
    login: loginIn(text),
    keysOf: keysIn(text),
    ids: [...new Set(text.toLowerCase().match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))],
    isSignature: /(?:^|[?&;\s"])sig=/i.test(text),
  };
}

/** As it is without the escapes of URLs and JSON: keys have characters that both like to write otherwise. */
function plainOf(value: string): string {
  const text = value.replaceAll("\\/", "/").replaceAll(/\\u002b/gi, "+");
  try {
    return /%[0-9a-f]{2}/i.test(text) ? `${text}\n${decodeURIComponent(text)}` : text;
  } catch {
    return text;
  }
}

function resourcesIn(text: string): readonly NamedResource[] {
  const named = HOSTS.flatMap(([suffix, types]) =>
    [
      ...text.matchAll(
        new RegExp(`(?<![\\w.-])([a-z0-9][a-z0-9-]*)(?:\\.[a-z0-9-]+)?\\.${suffix}(?![\\w-])`, "gi"),
      ),
    ].map(([, name = ""]) => ({ types, name: name.toLowerCase().replace(/-secondary$/, "") })),
  );
  const account = /(?:^|[;\s"])AccountName\s*=\s*([a-z0-9]{3,24})/i.exec(text)?.[1]?.toLowerCase();
  if (account !== undefined) named.push({ types: [STORAGE, COSMOS], name: account });
  return [...new Map(named.map((it) => [`${it.name} ${it.types.join()}`, it])).values()];
}

/** Publishing profiles name `$site` or `$site__slot` as the user. */
function siteIn(text: string): Clues["site"] {
  const [, name, slot = null] =
    /(?:userName=["']|["']username["']\s*:\s*["']|:\/\/)(?:[\w-]+\\)?\$([a-z0-9-]+?)(?:__([a-z0-9-]+))?["':]/i.exec(
      text,
    ) ?? [];
  return name === undefined ? null : { name, slot };
}

const LOGINS = [
  /(?:^|[;\s])(?:User ?ID|UID|User ?Name|User|Login)\s*=\s*(?:"([^"]+)"|'([^']+)'|\{([^}]+)\}|([^;\s&]+))/i,
  /^\s*[a-z][\w+.-]*:\/\/([^:@/\s]+):[^@/\s]+@/i,
  /[?&](?:user|username)=([^&\s"]+)/i,
  /"(?:user|user_?name|login|uid|administratorLogin)"\s*:\s*"([^"\\]+)"/i,
] as const;

function loginIn(text: string): string | null {
  for (const pattern of LOGINS) {
    const login = pattern
      .exec(text)
      ?.slice(1)
      .find((it) => it !== undefined);
    // `name@server` is how older servers, and JDBC, want it.
    if (login !== undefined) return login.replace(/@.*$/s, "").replace(/%40.*$/is, "");
  }
  return null;
}

function keysIn(text: string): readonly string[] {
  const keys = (text.trim().match(KEY) ?? []).slice(0, MOST_KEYS);
  return [...new Set(keys.flatMap((key) => LOOKS.flatMap(([look, types]) => (look.test(key) ? types : []))))];
}
