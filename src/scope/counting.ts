import type { Azure } from "../azure/azure.ts";

export interface Counted {
  readonly azure: Azure;
  /** Calls made so far; a list of several pages, or a vault's challenge, is one call. */
  requests(): number;
}

/** The same Azure, counting what is asked of it. */
export function counting(azure: Azure): Counted {
  let requests = 0;
  const count = <T>(answer: T): T => {
    requests++;
    return answer;
  };
  const { graph, arm, logs } = azure;
  return {
    requests: () => requests,
    azure: {
      ...azure,
      graph: {
        ...graph,
        get: (path, schema, options) => count(graph.get(path, schema, options)),
        list: (path, item, options) => count(graph.list(path, item, options)),
        batch: (items, options) => count(graph.batch(items, options)),
      },
      arm: {
        ...arm,
        get: (path, apiVersion, schema) => count(arm.get(path, apiVersion, schema)),
        list: (path, apiVersion, item) => count(arm.list(path, apiVersion, item)),
        resourceGraph: (query, item, options) => count(arm.resourceGraph(query, item, options)),
      },
      logs: { query: (workspaceId, kql, window) => count(logs.query(workspaceId, kql, window)) },
      vault: (uri) => {
        const vault = azure.vault(uri);
        return { ...vault, listSecrets: () => count(vault.listSecrets()) };
      },
    },
  };
}
