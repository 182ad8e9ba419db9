using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>What it means that none of a host's addresses could be reached.</summary>
internal static class DialFailure
{
    private const int Shown = 4;

    /// <param name="failures">One for each address, in the order in which they failed; at least one.</param>
    /// <param name="port">The port that was dialled.</param>
    /// <param name="lack">What the machine itself lacked; none if it is the host's doing.</param>
    public static FetchFailedException Of(IReadOnlyList<(IPAddress Address, SocketException Error)> failures, int port, Reason lack)
    {
        // The failure that says most about the host is the one counted: that of an address family which this machine does not have says nothing.
        var (_, telling) = failures.FirstOrDefault(failure => !SaysNothing(failure.Error.SocketErrorCode), failures[0]);
        var all = string.Join("; ", failures.Take(Shown).Select(failure => $"{new IPEndPoint(failure.Address, port)}: {failure.Error.Message}"));
        return new FetchFailedException(lack != Reason.None ? lack : HostsOwn(FailureReasons.Of(telling)), failures.Count > Shown ? $"{all}; and {failures.Count - Shown} more." : all, telling);
    }

    /// <summary>A network that is down for one host alone is that host's.</summary>
    private static Reason HostsOwn(Reason reason) => reason == Reason.NetworkDown ? Reason.ConnectFailed : reason;

    private static bool SaysNothing(SocketError error) => error is SocketError.NetworkUnreachable or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable;
}
