using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Decides whether an address may be dialled. It sees the address itself, never a name: names can be spelled in too many ways.</summary>
/// <param name="allowNetworks">What may be dialled although it is not public. It lifts the refusal of its own addresses only, not of what they wrap; a metadata service it lifts only where it names that address alone (/32 or /128).</param>
/// <param name="allowPorts">The only ports, in allowed networks too.</param>
/// <param name="own">Never dialled, whatever is allowed.</param>
internal sealed class AddressGuard(IReadOnlyList<IPNetwork> allowNetworks, IReadOnlyList<int> allowPorts, OwnEndpoints own)
{
    /// <summary>Why the port is not dialled.</summary>
    public Refusal RefusalOf(int port) => allowPorts.Contains(port) ? default : new Refusal(Reason.PortBlocked, "is not in allow_ports");

    /// <summary>Why the address is not dialled at that port. Every address that it wraps must pass by itself.</summary>
    public Refusal RefusalOf(IPAddress address, int port)
    {
        if (RefusalOf(port) is { Refuses: true } refusal)
            return refusal;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();

        // A zone says which of the machine's own links is meant: no public address has one.
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
            return Blocked("has a zone, as addresses of the machine's own links do");
        if (FaultOf(address, port) is { } fault)
            return Blocked("is " + fault);
        foreach (var inner in WrappedAddresses.In(address))
        {
            if (FaultOf(inner, port) is { } inside)
                return Blocked($"wraps {inner}, which is {inside}");
        }

        return default;
    }

    private string? FaultOf(IPAddress address, int port)
    {
        if (own.Holds(address, port))
            return "where this program itself listens";
        if (MetadataServices.OwnerOf(address) is { } owner)
            return IsNamedAlone(address) ? null : $"a metadata service ({owner}): only allow_networks with that address alone lifts this";
        return IsAllowed(address) ? null : SpecialNetworks.MeaningOf(address);
    }

    private bool IsNamedAlone(IPAddress address)
    {
        var whole = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        foreach (var network in allowNetworks)
        {
            if (network.PrefixLength == whole && network.BaseAddress.Equals(address))
                return true;
        }

        return false;
    }

    private bool IsAllowed(IPAddress address)
    {
        foreach (var network in allowNetworks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private static Refusal Blocked(string detail) => new(Reason.AddressBlocked, detail);
}
