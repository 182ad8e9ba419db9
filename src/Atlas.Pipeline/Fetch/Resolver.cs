using System.Net;
using System.Net.Sockets;

namespace Atlas.Pipeline.Fetch;

/// <summary>Turns host names into addresses, so many at once that names for which nobody answers do not hold up the others. Any number of calls may run at once.</summary>
/// <remarks>
/// The system's resolver blocks a thread until it has an answer or gives up, which takes seconds and cannot be ended. So at most <see cref="AtOnce"/> names are looked up; one that takes longer than
/// <see cref="SlowAfter"/> gives its place to the next and goes on beside them, <see cref="SlowAtOnce"/> of those at most. The rest waits, each caller as long as it likes.
/// </remarks>
/// <param name="lookUp">Asks; <see cref="AskSystemAsync"/> outside of tests.</param>
/// <param name="machine">Knows whether a failure is the machine's own.</param>
/// <param name="time">For how long a lookup takes.</param>
internal sealed class Resolver(Func<string, CancellationToken, Task<IPAddress[]>> lookUp, OwnMachine machine, TimeProvider time) : IDisposable
{
    /// <summary>Names looked up at the same time that have not turned out to be slow.</summary>
    public const int AtOnce = 32;

    /// <summary>Slow ones at the same time, beside the others.</summary>
    public const int SlowAtOnce = 64;

    /// <summary>From when a lookup counts as slow. Most take milliseconds; the system's first retry comes after 5 s.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly SemaphoreSlim _slowPlaces = new(SlowAtOnce);

    /// <summary>The addresses of a host, at least one.</summary>
    /// <param name="host">A name, not an address.</param>
    /// <param name="cancel">Ends the wait at once; what the system was asked goes on for itself, and keeps its place.</param>
    /// <exception cref="FetchFailedException">The name does not exist, or cannot be looked up now.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        var asked = AskAsync(host, cancel);
        _ = KeepPlaceAsync(asked);
        var addresses = await asked.WaitAsync(cancel);
        return addresses.Length > 0 ? addresses : throw new FetchFailedException(Reason.DnsNotFound, $"{host} has no address.");
    }

    /// <summary>Asks the system's resolver, on a thread of its own: those of the pool are for what does not block.</summary>
    public static Task<IPAddress[]> AskSystemAsync(string host, CancellationToken cancel) =>
        Task.Factory.StartNew(static host => Dns.GetHostAddresses((string)host!), host, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    public void Dispose()
    {
        _places.Dispose();
        _slowPlaces.Dispose();
    }

    private async Task<IPAddress[]> AskAsync(string host, CancellationToken cancel)
    {
        machine.Begin();
        try
        {
            return await lookUp(host, cancel);
        }
        catch (SocketException error)
        {
            if (await machine.LackBehindAsync(error) is { Code: not 0 } lack)
                throw new FetchFailedException(lack, $"{host} could not be looked up: {error.Message}.", error);
            if (error.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
                throw new FetchFailedException(Reason.DnsNotFound, $"The DNS knows no {host}, or no address of it.", error);
            throw new FetchFailedException(Reason.DnsFailed, $"{host} cannot be looked up now: {error.SocketErrorCode}, {error.Message}.", error);
        }
        catch (ArgumentException error)
        {
            throw new FetchFailedException(Reason.DnsNotFound, $"'{host}' is no name that the DNS could know: {error.Message}", error);
        }
    }

    private async Task KeepPlaceAsync(Task asked)
    {
        var place = _places;
        using (var enough = new CancellationTokenSource())
        {
            await Task.WhenAny(asked, Task.Delay(SlowAfter, time, enough.Token));
            await enough.CancelAsync();
        }

        if (!asked.IsCompleted && _slowPlaces.Wait(0, CancellationToken.None))
        {
            Leave(_places);
            place = _slowPlaces;
        }

        await asked.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Leave(place);
    }

    private static void Leave(SemaphoreSlim place)
    {
        try
        {
            place.Release();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended before the system's resolver did.
        }
    }
}
