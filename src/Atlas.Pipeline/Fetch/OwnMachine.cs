using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Tells what this machine lacks from what a host does. One for a run; any thread may call.</summary>
/// <remarks>
/// That the network is down is believed only where it was there before, or where nothing at all has been reached yet: a URL outside of a closed network, or a name where there is no DNS, must come to an end like any other failure.
/// A shortage of handles makes lookups fail in ways that look like an answer, so none is believed while one goes on.
/// </remarks>
/// <param name="time">For how long a shortage is remembered.</param>
/// <param name="hasRoute">Whether packets to an address have a way out of the machine; <see cref="HasRoute"/> outside of tests.</param>
/// <param name="dnsAnswers">Whether any of the machine's DNS servers answers at all; <see cref="DnsServers.AnswerAsync"/> outside of tests.</param>
internal sealed class OwnMachine(TimeProvider time, Func<IPAddress, bool> hasRoute, Func<Task<bool>> dnsAnswers)
{
    /// <summary>How long after a shortage of handles no lookup that failed is believed.</summary>
    public static readonly TimeSpan ShortageLasts = TimeSpan.FromSeconds(5);

    // Root servers A of the DNS. Nothing is sent there: only the routing table is asked.
    private static readonly IPAddress[] FarAway = [IPAddress.Parse("198.41.0.4"), IPAddress.Parse("2001:503:ba3e::2:30")];

    private readonly bool _hadWayOut = Array.Exists(FarAway, address => hasRoute(address));
    private readonly Lazy<Task<bool>> _dnsAnswered = new(dnsAnswers);
    private long _shortAt = long.MinValue;
    private volatile bool _hasReached;

    /// <summary>Before the first lookup: whether the DNS was there to begin with.</summary>
    public void Begin() => _ = _dnsAnswered.Value;

    /// <summary>Something has been reached.</summary>
    public void Reached() => _hasReached = true;

    /// <summary>What the machine lacked when a host's addresses could not be reached; <see cref="Reason.None"/> if it is the host's doing.</summary>
    /// <param name="failures">One for each address.</param>
    public Reason LackBehind(IReadOnlyList<(IPAddress Address, SocketException Error)> failures)
    {
        foreach (var (_, error) in failures)
        {
            if (FailureReasons.Of(error) is { Class: ErrorClass.Local } lack && lack != Reason.NetworkDown)
            {
                Volatile.Write(ref _shortAt, time.GetTimestamp());
                return lack;
            }
        }

        var isCutOff = failures.All(failure => IsUnreachable(failure.Error.SocketErrorCode) && !hasRoute(failure.Address))
            && (_hadWayOut || !_hasReached) && !Array.Exists(FarAway, address => hasRoute(address));
        return isCutOff ? Reason.NetworkDown : Reason.None;
    }

    /// <summary>What the machine lacked when a name could not be looked up; <see cref="Reason.None"/> if the answer can be believed.</summary>
    public async Task<Reason> LackBehindAsync(SocketException lookup)
    {
        if (LacksHandles())
            return Reason.NoHandles;
        if (lookup.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
            return Reason.None;
        return !await dnsAnswers() && (!_hasReached || await _dnsAnswered.Value) ? Reason.NetworkDown : Reason.None;
    }

    /// <summary>Whether packets to an address have a way out. Connecting a datagram socket sends nothing.</summary>
    public static bool HasRoute(IPAddress address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(address, 9);
            return true;
        }
        catch (SocketException error)
        {
            return !IsUnreachable(error.SocketErrorCode);
        }
    }

    private bool LacksHandles()
    {
        var shortAt = Volatile.Read(ref _shortAt);
        if (shortAt != long.MinValue && time.GetElapsedTime(shortAt) < ShortageLasts)
            return true;
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.TooManyOpenSockets;
        }
    }

    private static bool IsUnreachable(SocketError error) => error is SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostUnreachable or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
}
