import type { KeyDoor } from "../case/key-door.ts";
import type { PersonAction } from "../case/plan.ts";
import type { Reach } from "../case/reach.ts";
import type { Scope } from "../case/scope.ts";

interface Cut {
  readonly title: string;
  readonly cost: string;
  command(place: { readonly id: string; readonly group: string; readonly name: string }): string;
}

const localAuth = ({ id }: { readonly id: string }) =>
  `az resource update --ids '${id}' --set properties.disableLocalAuth=true`;

/** What each service offers that refuses keys for good, by resource type. */
const CUTS: Readonly<Record<string, Cut>> = {
  "microsoft.storage/storageaccounts": {
    title: "Disable shared-key access of the storage account",
    cost: "Whoever uses an account key, a connection string with one, or an account or service SAS is refused. User delegation SAS and identities go on.",
    command: ({ id }) => `az storage account update --ids '${id}' --allow-shared-key-access false`,
  },
  "microsoft.documentdb/databaseaccounts": {
    title: "Disable local authentication of the Cosmos DB account",
    cost: "Whoever uses a key or a connection string with one is refused, resource tokens with them.",
    command: localAuth,
  },
  "microsoft.servicebus/namespaces": {
    title: "Disable local authentication of the Service Bus namespace",
    cost: "Whoever uses a shared access rule, its keys or signatures is refused.",
    command: ({ id }) => `az servicebus namespace update --ids '${id}' --disable-local-auth true`,
  },
  "microsoft.eventhub/namespaces": {
    title: "Disable local authentication of the Event Hubs namespace",
    cost: "Whoever uses a shared access rule, its keys or signatures is refused.",
    command: localAuth,
  },
  "microsoft.appconfiguration/configurationstores": {
    title: "Disable access keys of the App Configuration store",
    cost: "Whoever uses a connection string is refused.",
    command: localAuth,
  },
  "microsoft.cognitiveservices/accounts": {
    title: "Disable key access of the Azure AI services account",
    cost: "Whoever uses a key is refused. Without a custom subdomain nobody gets in by identity either.",
    command: localAuth,
  },
  "microsoft.cache/redis": {
    title: "Disable access keys of the cache",
    cost: "Whoever uses an access key is refused, and connections that are open are cut.",
    command: ({ group, name }) =>
      `az redis update --resource-group '${group}' --name '${name}' --set disableAccessKeyAuthentication=true`,
  },
  "microsoft.containerregistry/registries": {
    title: "Switch the admin user of the container registry off",
    cost: "Whoever pulls or pushes as the admin user is refused; repository tokens and identities go on.",
    command: ({ group, name }) =>
      `az acr update --resource-group '${group}' --name '${name}' --admin-enabled false`,
  },
  "microsoft.sql/servers": {
    title: "Allow only Entra authentication on the SQL server",
    cost: "Whoever signs in with a SQL login is refused, the administrator's and those of the databases.",
    command: ({ group, name }) =>
      `az sql server ad-only-auth enable --resource-group '${group}' --name '${name}'`,
  },
  "microsoft.dbforpostgresql/flexibleservers": {
    title: "Switch password authentication of the PostgreSQL server off",
    cost: "Whoever signs in with a password is refused, the administrator's and those of the databases.",
    command: ({ group, name }) =>
      `az postgres flexible-server update --resource-group '${group}' --name '${name}' --password-auth Disabled`,
  },
};

/**
 * Cuts that outlast any rotation, once for each resource whose keys the case is about: for a person, because they refuse
 * everybody who has a key, not only the suspect. What refuses keys already is not proposed.
 */
export function strongerCuts({ keyDoors = [], reach, namedSecrets = [] }: Scope): readonly PersonAction[] {
  return keyDoors.flatMap((door): PersonAction[] => {
    const cut = CUTS[door.type];
    if (cut === undefined || door.state === "closed") return [];
    const place = placeOf(door);
    return [
      {
        missing: [],
        title: `${cut.title} ${door.name}, once whoever uses its keys has an identity`,
        because: [
          ...door.because,
          "Stronger than renewing them: keys are refused for good.",
          ...(door.state === "needs-entra"
            ? ["It has no Entra administrator yet: set one first, or nobody gets in."]
            : []),
        ].join(" "),
        targetId: door.resourceId,
        cost: [cut.cost, ...usersOf(door, [...reach, ...namedSecrets.map(asHeld)])],
        ...(place === null ? {} : { command: cut.command(place) }),
      },
    ];
  });
}

type Held = Pick<Reach, "name" | "tags" | "consumers">;

function asHeld({ name, tags, consumers }: Held): Held {
  return { name, tags, ...(consumers === undefined ? {} : { consumers }) };
}

/** Secrets that hold its keys, as their tags say, and who takes those. */
function usersOf({ resourceId }: KeyDoor, held: readonly Held[]): readonly string[] {
  const own = resourceId.toLowerCase();
  const lines = held
    .filter(({ tags }) => {
      const address = tags["ProviderAddress"]?.trim().toLowerCase() ?? "";
      return address === own || address.startsWith(`${own}/`);
    })
    .map(({ name, consumers = [] }) => {
      const takers = [...new Set(consumers.map((it) => it.resourceId.split("/").at(-1) ?? it.resourceId))];
      return takers.length === 0
        ? `The secret ${name} holds its key.`
        : `The secret ${name} holds its key, which ${takers.join(", ")} ${takers.length === 1 ? "takes" : "take"}.`;
    });
  return [...new Set(lines)].toSorted();
}

/** Ids and names stand in a command that a person pastes: only what Azure's own naming rules allow. */
function placeOf({ resourceId, name }: KeyDoor) {
  const group = /\/resourceGroups\/([\w.()-]+)\//i.exec(resourceId)?.[1];
  return group !== undefined && /^[\w./()-]+$/.test(resourceId) && /^[\w.-]+$/.test(name)
    ? { id: resourceId, group, name }
    : null;
}
