using System.Net;

namespace Atlas.Pipeline.Fetch;

/// <summary>Opens the connections: resolves once, has every address checked, and dials one of the checked addresses, so that no second answer of the DNS can matter.</summary>
/// <param name="guard">Decides.</param>
/// <param name="resolver">From a host name to its addresses.</param>
/// <param name="dialler">Connects to what has been checked.</param>
internal sealed class GuardedConnector(AddressGuard guard, Resolver resolver, Dialler dialler)
{
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancel)
    {
        Check(guard.RefusalOf(target.Port), target, null);
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await resolver.ResolveAsync(target.Host, cancel);

        // One bad answer refuses the host: a name that mixes public and private addresses is an attempt, not an accident.
        foreach (var address in addresses)
            Check(guard.RefusalOf(address, target.Port), target, address);
        return await dialler.ConnectAsync(addresses, target.Port, cancel);
    }

    private static void Check(Refusal refusal, DnsEndPoint target, IPAddress? address)
    {
        if (!refusal.Refuses)
            return;
        var detail = address is null ? $"Port {target.Port} of {target.Host} {refusal.Detail}."
            : address.ToString() == target.Host ? $"{address} {refusal.Detail}."
            : $"{target.Host} leads to {address}, which {refusal.Detail}.";
        throw new ConnectRefusedException(refusal.Reason, detail);
    }
}
