import { Secret } from "../azure/secret.ts";
import { type Clues, cluesIn, entraSecretsIn, SERVERS } from "./clues.ts";
import { listHolders, listServicePrincipalHolders, type SecretHolder } from "./directory-secrets.ts";
import { keyedNamed, keyedThatLook } from "./find-keyed.ts";
import { resourcesNamed } from "./find-resources.ts";
import { type Find, firstOf, foundAt, foundSecretOf, type Search, unknown } from "./search.ts";
import { trySignIn } from "./sign-in.ts";
import { type RotationWork, triesOf } from "./work.ts";

const MOST_CANDIDATES = 20;

/**
 * Finds the issuer by the value itself, which stays in here: a client secret is tried where it may belong; what names a
 * resource is compared with that resource's keys; what looks like a key, with the keys of resources that have such ones.
 * Compared in memory only, and nothing is found by a name alone that is not the value's own.
 */
export const findByValue: Find = (work, _, value) => {
  const text = value.reveal();
  const clues = cluesIn(text);
  return firstOf([
    ...entraSecretsIn(text).map((secret) => () => findClientSecret(work, new Secret(secret), clues)),
    () => findServer(work, clues),
    () => keyedNamed(work, clues, value),
    () => keyedThatLook(work, clues, value),
    () =>
      Promise.resolve(
        clues.isSignature
          ? unknown(
              "it holds a shared access signature, which ends with the key that signed it: renew that key at its account",
            )
          : unknown(),
      ),
  ]);
};

/** Hints tell whose it may be; Entra tells whose it is. */
async function findClientSecret(work: RotationWork, secret: Secret, { ids }: Clues): Promise<Search> {
  if (!work.signIn)
    return unknown(
      "it looks like a client secret, and the policy does not have it tried where it may belong",
    );
  const text = secret.reveal();
  let asked = 0;
  for (const list of [listHolders, listServicePrincipalHolders]) {
    const holders = await list(work.azure);
    if (holders.kind === "failed") return holders;
    const candidates = holders.value
      .flatMap((holder) => {
        const password = holder.passwords.find(
          ({ hint }) => hint !== null && hint !== "" && text.startsWith(hint),
        );
        return password === undefined ? [] : [{ holder, keyId: password.keyId }];
      })
      .toSorted((a, b) => named(b.holder, ids) - named(a.holder, ids));
    for (const { holder, keyId } of candidates.slice(0, MOST_CANDIDATES)) {
      asked += 1;
      const { is } = await trySignIn(work.tenantId, holder.appId, secret, triesOf(work));
      if (is === "accepted" || is === "principal-disabled")
        return foundSecretOf(work, holder, keyId, "value");
    }
  }
  return unknown(
    `it looks like a client secret, and none of ${asked} applications whose secrets begin so takes it`,
  );
}

function named({ ids }: SecretHolder, inValue: readonly string[]): number {
  return ids.some((id) => inValue.includes(id.toLowerCase())) ? 1 : 0;
}

/** A database server whose administrator it signs in as. Other logins are the database's own, and are made inside it. */
async function findServer(work: RotationWork, { resources, login }: Clues): Promise<Search> {
  const servers = resources.filter(({ types }) => types.some((type) => SERVERS.some((it) => it === type)));
  if (servers.length === 0) return unknown();
  const rows = await resourcesNamed(work, servers);
  if (rows.kind === "failed") return rows;
  const [only] = rows.value;
  if (only === undefined || rows.value.length > 1) {
    const names = servers.map(({ name }) => name).join(", ");
    return unknown(`it names the server ${names}, which is no one server we can see`);
  }
  const { id, administratorLogin: administrator } = only;
  if (login === null) return unknown(`it names ${id}, and does not say as whom it signs in`);
  if (administrator == null || administrator === "")
    return unknown(`it signs in to ${id}, which does not say who its administrator is`);
  return administrator.toLowerCase() === login.toLowerCase()
    ? foundAt("server-administrator-password", id, administrator, "value")
    : unknown(
        `it signs in to ${id} as a login that is not its administrator's: that password is changed inside the database`,
      );
}
