/// Our runtime client for Node.js.
enum NodeClient {
    /// Runs as `node millrace_runtime.mjs file.function` in the function's folder; Node.js 18 and later.
    static let source = #"""
        // Millrace's Lambda runtime client for Node.js 18 and later: asks for events and calls the handler.

        import fs from "node:fs";
        import http from "node:http";
        import { createRequire } from "node:module";
        import path from "node:path";
        import { pathToFileURL } from "node:url";

        const ROOT = process.env.LAMBDA_TASK_ROOT || process.cwd();
        const [HOST, PORT] = (process.env.AWS_LAMBDA_RUNTIME_API || "").split(":");
        const API = "/2018-06-01/runtime";
        const RESPONSE_BYTES = 6291456;
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

        /** One call of the Runtime API. When it cannot be reached the daemon is gone, and so are we. */
        function call(method, where, body, headers) {
          return new Promise((resolve) => {
            const options = { host: HOST, port: PORT, method, path: API + where, agent, headers: headers || {} };
            if (body !== undefined) options.headers["Content-Length"] = Buffer.byteLength(body);
            const request = http.request(options, (response) => {
              const chunks = [];
              response.on("data", (chunk) => chunks.push(chunk));
              response.on("error", () => process.exit(1));
              response.on("end", () => {
                if (response.statusCode >= 500) process.exit(1);
                resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
              });
            });
            request.on("error", () => process.exit(1));
            request.setTimeout(0);
            request.end(body);
          });
        }

        function sendError(where, error) {
          const headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Function-Error-Type": error.errorType,
          };
          return call("POST", where, JSON.stringify(error), headers);
        }

        /** The error object of Lambda's Node.js runtime. */
        function errorObject(error) {
          if (error instanceof Error || (error && typeof error === "object" && "stack" in error)) {
            const trace = String(error.stack || "").split("\n");
            return {
              errorType: String(error.name || "Error"),
              errorMessage: String(error.message),
              trace: trace.filter((line) => !line.includes(import.meta.url)),
            };
          }
          return { errorType: typeof error, errorMessage: String(error), trace: [] };
        }

        function printError(label, error) {
          process.stdout.write(`${new Date(Date.now()).toISOString()}\tERROR\t${label}\t${JSON.stringify(error)}\n`);
        }

        class InitFailure extends Error {
          constructor(name, message) {
            super(message);
            this.name = name;
          }
        }

        /** `folder/file.object.function`: the file ends at the first dot behind the last slash. */
        async function load(name) {
          const base = path.basename(name);
          const dot = base.indexOf(".");
          if (dot < 1 || dot === base.length - 1) {
            throw new InitFailure("Runtime.MalformedHandlerName", "Bad handler");
          }
          const moduleName = path.join(path.dirname(name), base.slice(0, dot));
          const file = path.resolve(ROOT, moduleName);
          let loaded;
          try {
            loaded = await loadModule(file);
          } catch (error) {
            if (error instanceof SyntaxError) throw named("Runtime.UserCodeSyntaxError", error);
            if (error && (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND")) {
              throw named("Runtime.ImportModuleError", error);
            }
            throw error;
          }
          const find = (from) => base.slice(dot + 1).split(".").reduce((value, key) => value && value[key], from);
          const handler = find(loaded) || find(loaded.default);
          if (handler === undefined) {
            throw new InitFailure("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
          }
          if (typeof handler !== "function") {
            throw new InitFailure("Runtime.HandlerNotFound", `${name} is not a function`);
          }
          return handler;
        }

        function named(name, error) {
          const failure = new InitFailure(name, name === "Runtime.UserCodeSyntaxError"
            ? `SyntaxError: ${error.message}` : `Error: ${error.message}`);
          failure.stack = error.stack;
          return failure;
        }

        async function loadModule(file) {
          for (const ending of [".mjs", ".js", ".cjs", ""]) {
            if (!fs.existsSync(file + ending) || fs.statSync(file + ending).isDirectory()) continue;
            // Imported modules and required ones are both told apart by Node.js itself.
            if (ending === ".cjs" || ending === "") return createRequire(file + ending)(file + ending);
            return import(pathToFileURL(file + ending).href);
          }
          const missing = new Error(`Cannot find module '${path.basename(file)}'`);
          missing.code = "MODULE_NOT_FOUND";
          throw missing;
        }

        /** Calls a handler that answers by its promise, its value or its callback. */
        function run(handler, event, context) {
          return new Promise((resolve, reject) => {
            const callback = (error, result) => (error !== undefined && error !== null ? reject(error) : resolve(result));
            context.done = callback;
            context.succeed = (result) => callback(null, result);
            context.fail = (error) => callback(error === undefined || error === null ? "handled" : error);
            const result = handler(event, context, callback);
            if (result && typeof result.then === "function") result.then(resolve, reject);
            else if (result !== undefined || handler.length < 3) resolve(result);
          });
        }

        function contextOf(headers) {
          const deadline = Number(headers["lambda-runtime-deadline-ms"] || 0);
          const client = headers["lambda-runtime-client-context"];
          return {
            callbackWaitsForEmptyEventLoop: true,
            functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
            functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
            memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
            logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
            logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
            invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
            awsRequestId: headers["lambda-runtime-aws-request-id"],
            clientContext: client ? JSON.parse(client) : undefined,
            identity: undefined,
            getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
          };
        }

        async function invoke(handler, next) {
          const id = next.headers["lambda-runtime-aws-request-id"];
          const trace = next.headers["lambda-runtime-trace-id"];
          if (trace) process.env._X_AMZN_TRACE_ID = trace;
          const where = `/invocation/${id}`;
          let text;
          try {
            const event = next.body.length > 0 ? JSON.parse(next.body.toString("utf8")) : {};
            const result = await run(handler, event, contextOf(next.headers));
            text = result === undefined ? "null" : JSON.stringify(result);
            if (text === undefined) text = "null";
          } catch (error) {
            const body = errorObject(error);
            printError("Invoke Error", body);
            await sendError(where + "/error", body);
            return;
          }
          if (Buffer.byteLength(text) > RESPONSE_BYTES) {
            await sendError(where + "/error", {
              errorType: "Function.ResponseSizeTooLarge",
              errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            });
            return;
          }
          await call("POST", where + "/response", text, { "Content-Type": "application/json" });
        }

        let running = null;

        /** What nobody caught ends the process, as it does in Lambda; the invocation is told first. */
        function stopFor(kind, error) {
          const body = errorObject(error);
          const told = { ...body, errorType: kind === "unhandledRejection" ? "Runtime.UnhandledPromiseRejection" : body.errorType };
          printError(kind === "unhandledRejection" ? "Unhandled Promise Rejection" : "Uncaught Exception", told);
          const where = running ? `/invocation/${running}/error` : "/init/error";
          sendError(where, told).then(() => process.exit(129));
        }

        async function main() {
          process.on("uncaughtException", (error) => stopFor("uncaughtException", error));
          process.on("unhandledRejection", (error) => stopFor("unhandledRejection", error));
          let handler;
          try {
            handler = await load(process.argv[2]);
          } catch (error) {
            const body = errorObject(error);
            printError("Uncaught Exception", body);
            await sendError("/init/error", body);
            process.exit(1);
          }
          for (;;) {
            const next = await call("GET", "/invocation/next");
            if (next.status !== 200) process.exit(1);
            running = next.headers["lambda-runtime-aws-request-id"];
            await invoke(handler, next);
            running = null;
          }
        }

        await main();

        """#
}
