import { app } from "@azure/functions";
import { getOpenApi } from "../src/api/openapi.ts";

app.http("openapi", {
  methods: ["GET"],
  route: "openapi.json",
  authLevel: "anonymous",
  handler: () => getOpenApi(),
});
