const { readFileSync } = require("node:fs");
const { app } = require("@azure/functions");

let started = false;
app.hook.appStart(() => {
  started = true;
});
app.hook.appTerminate(() => console.log("the app said goodbye"));
app.hook.preInvocation((context) => {
  context.inputs[0].headers.set("x-hooked", "yes");
});

app.setup({ enableHttpStream: true });
app.get("hello", {
  route: "{name=nobody}",
  handler: (request) => ({
    jsonBody: {
      hello: request.params.name,
      started,
      hooked: request.headers.get("x-hooked"),
      notes: readFileSync("notes.txt", "utf8").trim(),
      host: process.env.WEBSITE_HOSTNAME,
    },
  }),
});
