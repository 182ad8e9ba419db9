using System.Net.Sockets;
using System.Security.Authentication;
using Polly.Timeout;

namespace Atlas.Pipeline.Fetch;

/// <summary>From whatever the network stack throws to one reason.</summary>
internal static class FailureReasons
{
    // The runtime keeps the system's own number where it has no name for it (errno.h).
    private const int TooManyOpenFilesInSystem = 23;
    private const int TooManyOpenFiles = 24;

    /// <summary>The reason of a failure. The innermost cause that says something wins.</summary>
    public static Reason Of(Exception error)
    {
        var reason = Reason.Unexpected;
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is FetchFailedException failed)
                return failed.Reason;

            // What a deadline broke off looks like a reset further in.
            if (cause is TimeoutRejectedException or TimeoutException or OperationCanceledException)
                return Reason.Timeout;
            if (OfOne(cause) is { Code: not 0 } known)
                reason = known;
        }

        return reason;
    }

    /// <summary>One line for people. What we refused ourselves says so itself; the network's failures say little without the name of their kind.</summary>
    public static string DetailOf(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is FetchFailedException)
                return cause.Message;
        }

        return $"{error.GetType().Name}: {error.GetBaseException().Message}";
    }

    private static Reason OfOne(Exception cause) => cause switch
    {
        SocketException socket => OfSocket(socket.SocketErrorCode),
        OutOfMemoryException => Reason.OutOfMemory,
        IOException { HResult: TooManyOpenFiles or TooManyOpenFilesInSystem } => Reason.NoHandles,
        AuthenticationException => Reason.TlsFailed,
        InvalidDataException => Reason.BadEncoding,
        HttpIOException http => OfHttp(http.HttpRequestError),
        HttpRequestException http => OfHttp(http.HttpRequestError),
        IOException => Reason.ConnectionReset,
        _ => Reason.None,
    };

    private static Reason OfSocket(SocketError error) => error switch
    {
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => Reason.ConnectionReset,
        SocketError.TimedOut => Reason.Timeout,
        SocketError.OperationAborted => Reason.None,
        SocketError.TooManyOpenSockets => Reason.NoHandles,
        SocketError.NoBufferSpaceAvailable => Reason.OutOfMemory,
        SocketError.NetworkDown => Reason.NetworkDown,
        _ => Reason.ConnectFailed,
    };

    private static Reason OfHttp(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => Reason.DnsFailed,
        HttpRequestError.ConnectionError => Reason.ConnectFailed,
        HttpRequestError.SecureConnectionError => Reason.TlsFailed,
        HttpRequestError.ResponseEnded => Reason.ConnectionReset,
        HttpRequestError.ConfigurationLimitExceeded => Reason.HeadersTooLarge,
        HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => Reason.ProtocolError,
        _ => Reason.None,
    };
}
