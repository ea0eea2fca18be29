// What require("@azure/functions-core") yields in an app: the host put it on the global object before loading the app.
module.exports = globalThis.tourniquetLocalHost.api;
