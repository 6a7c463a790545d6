/// Our runtime client for Python.
enum PythonClient {
    /// Runs as `python3 -u millrace_runtime.py module.function` in the function's folder.
    ///
    /// It hands over to `awslambdaric` where that is installed, because that is what AWS itself runs.
    static let source = #"""
        """Millrace's Lambda runtime client for Python 3.7 and later: asks for events and calls the handler."""

        import http.client
        import importlib
        import json
        import os
        import sys
        import time
        import traceback

        API = "/2018-06-01/runtime"
        RESPONSE_BYTES = 6291456


        class CognitoIdentity:
            cognito_identity_id = None
            cognito_identity_pool_id = None


        class LambdaContext:
            """What a handler is told about its invocation, under Lambda's names."""

            def __init__(self, headers):
                self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
                self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
                self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
                self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
                self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
                self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
                self.identity = CognitoIdentity()
                client = headers.get("Lambda-Runtime-Client-Context")
                self.client_context = json.loads(client) if client else None
                self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms") or 0)

            def get_remaining_time_in_millis(self):
                return max(0, self._deadline_ms - int(time.time() * 1000))

            def log(self, message):
                sys.stdout.write(str(message))

            def __repr__(self):
                return "LambdaContext(aws_request_id=%s, function_name=%s)" % (self.aws_request_id, self.function_name)


        class Client:
            """One kept-alive connection to the Runtime API. When it ends the daemon is gone, and so are we."""

            def __init__(self, address):
                self.connection = http.client.HTTPConnection(address, timeout=None)

            def call(self, method, path, body=None, headers=None):
                try:
                    self.connection.request(method, API + path, body=body, headers=headers or {})
                    response = self.connection.getresponse()
                    content = response.read()
                except (OSError, http.client.HTTPException):
                    # Nobody is left to hear about it. No exit handlers: they might wait for threads.
                    os._exit(1)
                if response.status >= 500:
                    os._exit(1)
                return response, content

            def next(self):
                response, content = self.call("GET", "/invocation/next")
                if response.status != 200:
                    os._exit(1)
                return response.headers, content

            def error(self, path, error_type, body):
                headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error_type}
                self.call("POST", path, json.dumps(body).encode("utf-8"), headers)


        class InitFailure(Exception):
            def __init__(self, error_type, message, trace=()):
                super().__init__(message)
                self.error_type = error_type
                self.trace = list(trace)


        def stack_trace(error):
            """The handler's own frames as Lambda prints them; ours are left out."""
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
            while frames and frames[0].filename.startswith("<frozen importlib"):
                frames.pop(0)
            return traceback.format_list(frames)


        def error_object(error, request_id):
            return {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "requestId": request_id,
                "stackTrace": stack_trace(error),
            }


        def print_error(body):
            sys.stdout.write("[ERROR] %s: %s\n" % (body["errorType"], body["errorMessage"]))
            if body["stackTrace"]:
                sys.stdout.write("Traceback (most recent call last):\n" + "".join(body["stackTrace"]))
            sys.stdout.flush()


        def load(name):
            """Imports `module.function`; every way to fail is one of Lambda's init errors."""
            module_name, dot, function_name = name.rpartition(".")
            if not dot:
                raise InitFailure(
                    "Runtime.MalformedHandlerName",
                    "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
            try:
                module = importlib.import_module(module_name.replace("/", "."))
            except ImportError as error:
                raise InitFailure(
                    "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
            except SyntaxError as error:
                line = '  File "%s" Line %s\n    %s\n' % (error.filename, error.lineno, (error.text or "").rstrip("\n"))
                raise InitFailure(
                    "Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [line])
            try:
                return getattr(module, function_name)
            except AttributeError:
                raise InitFailure(
                    "Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


        def plain(value):
            # boto3's DynamoDB resource gives decimals, which Lambda's own client writes as numbers too.
            if type(value).__name__ == "Decimal":
                return float(value)
            raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


        def escapes_unicode():
            """Lambda's Python answered in ASCII before 3.12."""
            name, _, minor = os.environ.get("AWS_EXECUTION_ENV", "").rpartition(".")
            return name == "AWS_Lambda_python3" and minor.isdigit() and int(minor) < 12


        def encode(result):
            return json.dumps(result, ensure_ascii=escapes_unicode(), default=plain).encode("utf-8")


        def unencodable(error):
            return {
                "errorMessage": "Unable to marshal response: %s" % error,
                "errorType": "Runtime.MarshalError",
                "stackTrace": [],
            }


        def too_large():
            return {
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
                "errorType": "Function.ResponseSizeTooLarge",
            }


        def invoke(client, handler, headers, event):
            request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
            trace = headers.get("Lambda-Runtime-Trace-Id")
            if trace:
                os.environ["_X_AMZN_TRACE_ID"] = trace
            path = "/invocation/%s" % request_id
            try:
                result = handler(json.loads(event) if event else {}, LambdaContext(headers))
            except Exception as error:
                body = error_object(error, request_id)
                print_error(body)
                client.error(path + "/error", body["errorType"], body)
                return
            try:
                answer = encode(result)
            except (TypeError, ValueError) as error:
                body = dict(unencodable(error), requestId=request_id)
                print_error(body)
                client.error(path + "/error", body["errorType"], body)
                return
            if len(answer) > RESPONSE_BYTES:
                body = too_large()
                client.error(path + "/error", body["errorType"], body)
                return
            client.call("POST", path + "/response", answer, {"Content-Type": "application/json"})


        def main():
            name = sys.argv[1]
            # Ours goes, the function's folder comes first, as in Lambda.
            sys.path[0] = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
            try:
                from awslambdaric.__main__ import main as run_awslambdaric
            except ImportError:
                run_awslambdaric = None
            if run_awslambdaric is not None:
                run_awslambdaric(["awslambdaric", name])
                return
            client = Client(os.environ["AWS_LAMBDA_RUNTIME_API"])
            try:
                handler = load(name)
            except InitFailure as failure:
                body = {
                    "errorMessage": str(failure),
                    "errorType": failure.error_type,
                    "requestId": "",
                    "stackTrace": failure.trace,
                }
            except Exception as error:
                body = error_object(error, "")
            else:
                while True:
                    headers, event = client.next()
                    invoke(client, handler, headers, event)
            print_error(body)
            client.error("/init/error", body["errorType"], body)
            sys.exit(1)


        if __name__ == "__main__":
            main()

        """#
}
