using System.Security.Cryptography;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Stores a fetched document once by content and records it; an item goes on when both are durable.</summary>
/// <remarks>A disk or ledger that fails is thrown on: it is the run that ends then, not the URL.</remarks>
internal sealed class PersistStage : IWorkStage, IAsyncDisposable
{
    private readonly BodyWriter _writer;
    private readonly SegmentPacker? _packer;

    /// <param name="options">The settings.</param>
    /// <param name="bodiesDirectory">Where segments and packs lie.</param>
    /// <param name="ledger">Remembers where each body lies.</param>
    /// <param name="seams">Time, disk and log.</param>
    /// <param name="limits">What holds packing back; nothing by default.</param>
    /// <exception cref="StateDamagedException">Bodies that the ledger has recorded are not there.</exception>
    public PersistStage(PersistOptions options, string bodiesDirectory, ILedger ledger, Seams seams, PackingLimits? limits = null)
    {
        var store = new SegmentStore(bodiesDirectory, options, ledger.BodiesTail, seams.Disk);
        store.ClaimFor(ledger.Id);
        store.ThrowIfCutShort();
        store.LeavePacked();
        _writer = new BodyWriter(store, ledger, options, seams.Time);
        if (options.Compresses)
            _packer = new SegmentPacker(bodiesDirectory, ledger, limits ?? new PackingLimits(), seams);
    }

    /// <summary>How long documents have taken to become durable.</summary>
    public DurableTimes Durable => _writer.Durable;

    public async ValueTask<Verdict> ProcessAsync(WorkItem item, CancellationToken abort)
    {
        var document = item.Document ?? throw new InvalidOperationException($"Item {item.Sequence} came to persist without a document.");
        var sha256 = new byte[SHA256.HashSizeInBytes];
        SHA256.HashData(document.Body, sha256);
        try
        {
            await _writer.StoreAsync(item, document, sha256, abort);
            return Verdict.Forward(item);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            return Verdict.Interrupted(item);
        }
        finally
        {
            item.Document = null;
            document.Dispose();
        }
    }

    /// <summary>Writes and records what has come in, closes the segment, and packs what is full, for a while.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        if (_packer is not null)
            await _packer.DisposeAsync();
    }
}
