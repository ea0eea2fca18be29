const BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

export interface BlobOperation {
  /** As StorageBlobLogs has it. */
  readonly name: string;
  /** Service, container or object: what a SAS's `srt` must name. */
  readonly resourceType: "s" | "c" | "o";
  /** Any of these in a SAS's `sp` is enough. */
  readonly sasPermissions: readonly string[];
  /** For callers with a token. */
  readonly action: string;
  readonly isDataAction: boolean;
}

const operation = (
  name: string,
  resourceType: BlobOperation["resourceType"],
  sasPermissions: string,
  action: string,
  isDataAction = true,
): BlobOperation => ({ name, resourceType, sasPermissions: sasPermissions.split(""), action, isDataAction });

export const BLOB_OPERATIONS = {
  listContainers: operation(
    "ListContainers",
    "s",
    "l",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    false,
  ),
  // No SAS is good for this, only a token.
  getDelegationKey: operation(
    "GetUserDelegationKey",
    "s",
    "",
    "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
    false,
  ),
  listBlobs: operation("ListBlobs", "c", "l", `${BLOBS}/read`),
  getContainer: operation(
    "GetContainerProperties",
    "c",
    "rl",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    false,
  ),
  getBlob: operation("GetBlob", "o", "r", `${BLOBS}/read`),
  getBlobProperties: operation("GetBlobProperties", "o", "r", `${BLOBS}/read`),
  putBlob: operation("PutBlob", "o", "cw", `${BLOBS}/write`),
  deleteBlob: operation("DeleteBlob", "o", "d", `${BLOBS}/delete`),
} as const;

export interface BlobRequest {
  readonly operation: BlobOperation;
  readonly container: string;
  readonly blob: string;
}

/** What is asked of the blob service; undefined for what is not modelled. */
export function readBlobRequest(method: string, url: URL): BlobRequest | undefined {
  const [, container = "", ...rest] = decodeURIComponent(url.pathname).split("/");
  const blob = rest.join("/");
  const component = url.searchParams.get("comp");
  const kind = url.searchParams.get("restype");
  const found = (known: BlobOperation): BlobRequest => ({ operation: known, container, blob });
  if (container === "") {
    if (method === "GET" && component === "list") return found(BLOB_OPERATIONS.listContainers);
    return method === "POST" && component === "userdelegationkey"
      ? found(BLOB_OPERATIONS.getDelegationKey)
      : undefined;
  }
  if (blob === "") {
    if (kind !== "container") return undefined;
    if (method === "GET" && component === "list") return found(BLOB_OPERATIONS.listBlobs);
    return (method === "GET" || method === "HEAD") && component === null
      ? found(BLOB_OPERATIONS.getContainer)
      : undefined;
  }
  if (component !== null) return undefined;
  switch (method) {
    case "GET":
      return found(BLOB_OPERATIONS.getBlob);
    case "HEAD":
      return found(BLOB_OPERATIONS.getBlobProperties);
    case "PUT":
      return found(BLOB_OPERATIONS.putBlob);
    case "DELETE":
      return found(BLOB_OPERATIONS.deleteBlob);
    default:
      return undefined;
  }
}
