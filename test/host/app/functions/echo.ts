import { app } from "@azure/functions";

app.http("echo", {
  route: "echo/{name?}",
  methods: ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"],
  authLevel: "anonymous",
  handler: async (request) => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return {
      jsonBody: {
        method: request.method,
        path: new URL(request.url).pathname,
        query: Object.fromEntries(request.query),
        params: request.params,
        type: request.headers.get("content-type"),
        custom: request.headers.get("x-custom"),
        cookie: request.headers.get("cookie"),
        length: bytes.length,
        first: Array.from(bytes.subarray(0, 4)),
      },
    };
  },
});

app.http("parseJson", {
  route: "json",
  methods: ["POST"],
  handler: async (request) => ({ jsonBody: { got: await request.json() } }),
});
