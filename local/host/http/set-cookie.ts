import type { RpcCookie } from "../worker/rpc.ts";

/** A Set-Cookie header as ASP.NET Core writes it: lower-case attributes, value percent-encoded, path always there. */
export function setCookie(cookie: RpcCookie): string {
  const attributes = [`${cookie.name ?? ""}=${encodeURIComponent(cookie.value ?? "")}`];
  const expires = cookie.expires?.value?.seconds;
  if (expires != null) attributes.push(`expires=${new Date(expires * 1000).toUTCString()}`);
  const maxAge = cookie.maxAge?.value;
  if (maxAge != null) attributes.push(`max-age=${Math.trunc(maxAge)}`);
  if (cookie.domain?.value) attributes.push(`domain=${cookie.domain.value}`);
  attributes.push(`path=${cookie.path?.value || "/"}`);
  if (cookie.secure?.value === true) attributes.push("secure");
  switch (cookie.sameSite) {
    case "lax":
    case "strict":
      attributes.push(`samesite=${cookie.sameSite}`);
      break;
    case "explicitNone":
      attributes.push("samesite=none");
      break;
    case "none":
    case undefined:
      break;
    default:
      cookie.sameSite satisfies never;
  }
  if (cookie.httpOnly?.value === true) attributes.push("httponly");
  return attributes.join("; ");
}
