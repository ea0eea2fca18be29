/** The storage provider answers with headers of its own, and without a charset. */
export const STORAGE_HEADERS = {
  "Content-Type": "application/json",
  Server: "Microsoft-Azure-Storage-Resource-Provider/1.0,Microsoft-HTTPAPI/2.0 Microsoft-HTTPAPI/2.0",
};
