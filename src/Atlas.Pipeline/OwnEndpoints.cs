using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;

namespace Atlas.Pipeline;

/// <summary>Where this program itself listens, so that no URL makes it ask itself. Whoever binds adds; any thread may.</summary>
internal sealed class OwnEndpoints
{
    private readonly ConcurrentDictionary<IPEndPoint, byte> _bound = new();

    /// <param name="bound">As bound: with the port that was given out, and the unspecified address for all of the machine's.</param>
    public void Add(IPEndPoint bound) => _bound[bound] = 0;

    public void Remove(IPEndPoint bound) => _bound.TryRemove(bound, out _);

    /// <summary>Whether a connection to there would come to this program.</summary>
    /// <param name="address">Not IPv4-mapped.</param>
    /// <param name="port">The port.</param>
    public bool Holds(IPAddress address, int port)
    {
        foreach (var (bound, _) in _bound)
        {
            if (bound.Port == port && (IsUnspecified(bound.Address) ? IsThisMachine(address) : bound.Address.Equals(Dialled(address))))
                return true;
        }

        return false;
    }

    private static bool IsThisMachine(IPAddress address) =>
        IsUnspecified(address) || IPAddress.IsLoopback(address)
        || NetworkInterface.GetAllNetworkInterfaces().Any(network => network.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)));

    /// <summary>Who dials the unspecified address comes out at loopback.</summary>
    private static IPAddress Dialled(IPAddress address) =>
        address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;

    private static bool IsUnspecified(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
