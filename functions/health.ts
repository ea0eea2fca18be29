import { app } from "@azure/functions";
import { getHealth } from "../src/api/health.ts";
import { internalError } from "../src/api/route.ts";

app.http("health", {
  methods: ["GET"],
  route: "health",
  authLevel: "anonymous",
  handler: async (_request, context) => {
    try {
      return await getHealth();
    } catch (error) {
      return internalError(error, context);
    }
  },
});
