import { app, type Timer } from "@azure/functions";

const fired: Timer[] = [];

// 31 February never comes: this timer runs only when somebody asks.
app.timer("never", {
  schedule: "0 0 5 31 2 *",
  useMonitor: false,
  handler: (timer) => void fired.push(timer),
});

app.http("firedTimers", { methods: ["GET"], handler: () => ({ jsonBody: fired.splice(0) }) });
