import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { defineProvider } from "../provider.ts";

const API_VERSIONS: readonly (readonly [RegExp, string])[] = [
  [/\/Microsoft\.Sql\//i, "2021-11-01"],
  [/\/Microsoft\.DBforPostgreSQL\//i, "2022-12-01"],
  [/\/Microsoft\.DBforMySQL\//i, "2023-12-30"],
];

/** The administrator's password of a SQL, PostgreSQL or MySQL server. There is one, so every rotation is a hard cut. */
export const serverAdministratorPassword = defineProvider({
  kind: "server-administrator-password",
  model: "password",
  about: "the administrator's password of a database server",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/(?:Microsoft\.Sql\/servers|Microsoft\.DBfor(?:PostgreSQL|MySQL)\/flexibleServers)\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.Sql/servers/write"),
    AZURE("Microsoft.DBforPostgreSQL/flexibleServers/write"),
    AZURE("Microsoft.DBforMySQL/flexibleServers/write"),
  ],
  cost: {
    incident: "Whoever signs in to the server as its administrator stops until they read the new password.",
    hygiene:
      "There is one administrator's password and no overlap: whoever signs in with it stops until they read the new one.",
  },
  strongerCut: "Allow only Entra authentication on the database server",
  set: (azure, id, password) =>
    azure.arm.patch(
      id,
      API_VERSIONS.find(([type]) => type.test(id))?.[1] ?? "",
      { properties: { administratorLoginPassword: password.reveal() } },
      z.unknown(),
    ),
});
