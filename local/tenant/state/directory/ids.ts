import { createHash } from "node:crypto";

/** A link between two objects has no id of its own in Graph; this is the stand-in's. */
export function linkId(of: string, to: string): string {
  return `${of}|${to}`;
}

/** An app role assignment's id starts with the principal's id, in base64url, and tells nothing of the role. */
export function appRoleAssignmentId(principalId: string, resourceId: string, appRoleId: string): string {
  return opaque(principalId, `${principalId}|${resourceId}|${appRoleId}`, 33);
}

export function grantId(clientId: string, resourceId: string, principalId: string | null): string {
  return opaque(clientId, `${clientId}|${resourceId}|${principalId ?? ""}`, 40);
}

/** `lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1` is the look: base64url, a dash and a number. */
export function roleAssignmentId(principalId: string, roleDefinitionId: string, scope: string): string {
  return `${opaque(roleDefinitionId, `${principalId}|${roleDefinitionId}|${scope}`, 33)}-1`;
}

function opaque(begins: string, content: string, length: number): string {
  const head = Buffer.from(begins.replaceAll("-", ""), "hex").subarray(0, 16);
  const tail = createHash("sha256").update(content).digest();
  return Buffer.concat([head, tail, tail]).subarray(0, length).toString("base64url");
}
