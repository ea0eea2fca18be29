/** How Azure's management plane shows that something takes a secret of a vault. */
export type ConsumerKind =
  /** A site, function app or slot: a Key Vault reference among its settings. */
  | "app-setting"
  | "connection-string"
  /** A container app, or a job of one. */
  | "container-app"
  /** A named value of API Management. */
  | "named-value"
  /** A linked service of Data Factory. */
  | "linked-service"
  /** A machine or scale set that has it installed, or is told to fetch it. */
  | "machine"
  /** A cluster whose secrets provider may read the vault: what it mounts shows inside only. */
  | "cluster"
  /** Anything else whose properties name the secret's address. */
  | "resource";

/** Who takes a secret: hurt when it changes, unless it looks it up again. */
export interface SecretConsumer {
  readonly kind: ConsumerKind;
  /** ARM id. */
  readonly resourceId: string;
  /** What the secret is called there: a setting, a named value, the place in the resource's properties. */
  readonly setting: string;
  /** Null: the newest, once it is looked up again. */
  readonly version: string | null;
}

/** Whether a site can be told to look its references up again, and can be seen to have done so. */
export function isRefreshable({ kind, version }: Pick<SecretConsumer, "kind" | "version">): boolean {
  return (kind === "app-setting" || kind === "connection-string") && version === null;
}

const CALLED: Readonly<Record<ConsumerKind, readonly [who: string, how: string]>> = {
  "app-setting": ["The site", "takes it as the setting"],
  "connection-string": ["The site", "takes it as the connection string"],
  "container-app": ["The container app", "takes it as its secret"],
  "named-value": ["API Management", "takes it as the named value"],
  "linked-service": ["The data factory", "takes it in the linked service"],
  machine: ["The machine", "has it installed by"],
  cluster: ["The cluster", "may mount it by its"],
  resource: ["The resource", "names it in"],
};

/** What each does by itself when a new version is there, and what is left to a person. */
const THEN: Readonly<Record<ConsumerKind, string>> = {
  "app-setting": "it is told to look it up again, and checked",
  "connection-string": "it is told to look it up again, and checked",
  "container-app": "it looks within half an hour; for sooner, a person restarts its revisions",
  "named-value": "it looks within four hours; for sooner, a person refreshes it",
  "linked-service": "runs that begin later have the new one",
  machine: "a person sees to it that it gets the new one",
  cluster: "what it mounts shows inside only; a person restarts what does",
  resource: "a person sees to it that it takes the new one",
};

/** One consumer in a sentence: who it is, and what becomes of it when the secret is rotated or disabled. */
export function consumerSentence(
  { kind, resourceId, setting, version }: SecretConsumer,
  what: "rotated" | "disabled",
): string {
  const [who, how] = CALLED[kind];
  const takes = `${who} ${nameOf(resourceId)} ${how} ${setting}`;
  if (what === "disabled") return `${takes}.`;
  return version === null
    ? `${takes}: ${THEN[kind]}.`
    : `${takes}, by its version ${version}: it stops until a person changes that.`;
}

/** `app-orders/staging` of the ARM id of a slot: every second segment behind the provider. */
function nameOf(resourceId: string): string {
  const [, path = resourceId] = /\/providers\/[^/]+\/(.+)$/i.exec(resourceId) ?? [];
  const names = path.split("/").filter((_, at) => at % 2 === 1);
  return names.length === 0 ? path : names.join("/");
}
