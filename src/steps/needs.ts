import type { Need } from "./step.ts";

/** An application permission of Microsoft Graph, by its published name. */
export const MICROSOFT_GRAPH = (permission: string): Need => ({ api: "graph", permission });

/** An Azure RBAC action. */
export const AZURE = (action: string): Need => ({ api: "azure", action });

/** A Key Vault data action. */
export const KEY_VAULT = (dataAction: string): Need => ({ api: "key-vault", dataAction });
