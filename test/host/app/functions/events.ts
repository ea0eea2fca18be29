import { app } from "@azure/functions";

const seen: unknown[] = [];

app.eventGrid("onEvent", {
  handler: (event) => {
    if (event.subject === "poison") throw new Error("cannot take this one");
    seen.push(event);
  },
});

app.generic("onBatch", {
  trigger: { type: "eventGridTrigger", name: "events", cardinality: "many" },
  handler: (events: unknown) => void seen.push(events),
});

app.http("seenEvents", {
  methods: ["GET"],
  handler: () => ({ jsonBody: seen.splice(0) }),
});
