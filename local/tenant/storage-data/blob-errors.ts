export interface BlobError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const error = (status: number, code: string, message: string): BlobError => ({ status, code, message });

/** After Storage's documented error codes; texts as its clients quote them. guess where no answer was found as served. */
export const BLOB_ERRORS = {
  authenticationFailed: error(
    403,
    "AuthenticationFailed",
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
  ),
  noAuthentication: error(
    401,
    "NoAuthenticationInformation",
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ),
  invalidToken: error(
    401,
    "InvalidAuthenticationInfo",
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
  ),
  keysNotPermitted: error(
    403,
    "KeyBasedAuthenticationNotPermitted",
    "Key based authentication is not permitted on this storage account.",
  ),
  permissionMismatch: error(
    403,
    "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this permission.",
  ),
  resourceTypeMismatch: error(
    403,
    "AuthorizationResourceTypeMismatch",
    "This request is not authorized to perform this operation using this resource type.",
  ),
  sourceAddressMismatch: error(
    403,
    "AuthorizationSourceIPMismatch",
    "This request is not authorized to perform this operation using this source IP.",
  ),
  blobNotFound: error(404, "BlobNotFound", "The specified blob does not exist."),
  containerNotFound: error(404, "ContainerNotFound", "The specified container does not exist."),
  /** guess: in Azure the name of an account that is not there does not resolve. */
  noSuchAccount: error(
    404,
    "ResourceNotFound",
    "The stand-in has no such account; in Azure its name would not resolve.",
  ),
  notModelled: (what: string) => error(501, "NotModelled", `The stand-in tenant does not model ${what}.`),
} as const;
