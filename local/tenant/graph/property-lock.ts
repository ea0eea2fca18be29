import { applicationByAppId } from "../state/directory.ts";
import type { PropertyLock, ServicePrincipal } from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { lockedProperty } from "./errors.ts";

/** The application's lock holds for its principals in every tenant; a foreign application's is known by what was provisioned. */
function lockOf(call: GraphCall, principal: ServicePrincipal): PropertyLock | null {
  const home = applicationByAppId(call.directory, principal.appId);
  return home === undefined ? principal.foreignLock : home.servicePrincipalLockConfiguration;
}

/** Throws when the application's property lock forbids changing credentials of this usage on the principal. */
export function checkLock(
  call: GraphCall,
  principal: ServicePrincipal,
  usage: "Verify" | "Sign",
  property: "keyCredentials" | "passwordCredentials",
): void {
  const lock = lockOf(call, principal);
  if (lock === null || !lock.isEnabled) return;
  const locked =
    lock.allProperties === true ||
    (usage === "Verify" ? lock.credentialsWithUsageVerify === true : lock.credentialsWithUsageSign === true);
  if (locked) throw lockedProperty(property);
}

export function checkEncryptionLock(call: GraphCall, principal: ServicePrincipal): void {
  const lock = lockOf(call, principal);
  if (lock?.isEnabled === true && (lock.allProperties === true || lock.tokenEncryptionKeyId === true))
    throw lockedProperty("tokenEncryptionKeyId");
}
