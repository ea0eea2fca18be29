import type { Limitation } from "../../case/scope.ts";
import type { DirectoryReader } from "../directory-reader.ts";
import { directoryIndex } from "./directory-index.ts";
import type { Resolution, ResolvedPrincipal } from "./resolution.ts";

/**
 * Adds the service principals that the case's applications have by now and did not have when they were resolved: whoever
 * deletes one and consents anew has the same application under another object id. One request deep.
 */
export async function withRecreated(directory: DirectoryReader, resolution: Resolution): Promise<Resolution> {
  const index = directoryIndex(directory);
  const known = new Set(
    resolution.principals.flatMap(({ principal }) => principal.objectId?.toLowerCase() ?? []),
  );
  const limitations: Limitation[] = [];
  const found = await Promise.all(
    resolution.principals.map(async ({ principal, certainty }): Promise<readonly ResolvedPrincipal[]> => {
      const { kind, appId, objectId } = principal;
      if (kind !== "application" || appId === null || objectId === null) return [];
      const { matches, failures } = await index.guid(appId);
      for (const { code } of failures) {
        const about = `whether the application ${appId} has another service principal`;
        limitations.push({ about, code, detail: "the directory did not say" });
      }
      return matches.flatMap((match) =>
        match.kind === "principal" &&
        match.as === "app id" &&
        match.principal.objectId !== null &&
        !known.has(match.principal.objectId.toLowerCase())
          ? [
              {
                principal: match.principal,
                because: `It is the service principal that the application ${appId} has now, in place of ${objectId}.`,
                // The same application was named; it only got another object id.
                certainty,
                leaked: [],
              },
            ]
          : [],
      );
    }),
  );
  return {
    ...resolution,
    principals: [...resolution.principals, ...found.flat()],
    limitations: [...resolution.limitations, ...limitations],
  };
}
