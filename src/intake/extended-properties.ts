import type { Subject } from "../case/subject.ts";
import { addressesOf, type Claims, guidClaim, NO_CLAIMS, upnClaim } from "./claims.ts";
import { keyForm, type Reading } from "./reading.ts";

/** Human-labelled members that name who did it, by the form of their keys. */
const WHO = new Set([
  "attackerobjectid",
  "attackerid",
  "objectid",
  "principalobjectid",
  "serviceprincipalobjectid",
  "serviceprincipalid",
  "principalid",
  "principaloid",
  "calleroid",
  "callerobjectid",
  "attackerupn",
  "attackeruserprincipalname",
  "userprincipalname",
]);
/** The program it was done with: the principal itself, or only what a user happened to work with. */
const WITH_WHAT = new Set(["applicationid", "appid", "clientid", "attackerapplicationid"]);
const ADDRESSES = new Set([
  "attackeripaddress",
  "clientipaddress",
  "ipaddress",
  "attackersourceip",
  "clientip",
  "sourceip",
]);

/** What Defender's extended properties (`attacker Object ID`, `application ID`, …) name. */
export function extendedClaims(properties: Reading): Claims {
  const who: Subject[] = [];
  const withWhat: Subject[] = [];
  const addresses: string[] = [];
  for (const [key, value] of properties.members()) {
    const form = keyForm(key);
    if (WHO.has(form)) who.push(...guidClaim(value, "suspect"), ...upnClaim(value, "suspect"));
    else if (WITH_WHAT.has(form)) withWhat.push(...guidClaim(value, "suspect"));
    else if (ADDRESSES.has(form)) addresses.push(...addressesOf([value]));
  }
  // Where it says who, a program may be anybody's: a user's browser session has one, too.
  return { ...NO_CLAIMS, subjects: who.length > 0 ? who : withWhat, addresses };
}
