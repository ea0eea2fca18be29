const { app } = require("@azure/functions");

app.post("stream", {
  route: "stream/{end?}",
  handler: (request) => {
    if (request.params.end === "throw") throw new Error("no stream");
    if (request.params.end === "nothing") return undefined;
    return {
      status: 201,
      headers: { "x-stream": "yes" },
      body: (async function* () {
        for (const part of ["one ", "two ", await request.text()]) yield part;
      })(),
    };
  },
});

app.get("escape", () => {
  void Promise.reject(new Error("nobody waits for me"));
  return { body: "fine" };
});
