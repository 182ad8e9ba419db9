using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Export;

/// <summary>Takes the wanted documents from the ledger to a format. A damaged one is said and counted, and the others go on.</summary>
internal sealed class DocumentExport(DocumentScan documents, DocumentFilter filter, IDocumentFormat format)
{
    public long Written { get; private set; }

    public long Damaged { get; private set; }

    /// <param name="progress">Counts the documents looked at.</param>
    /// <param name="damage">Gets each damaged document and what is wrong with it.</param>
    /// <exception cref="IOException">The output cannot be written, or a body disappeared while it was.</exception>
    public void Run(StepProgress progress, Action<StoredDocument, string> damage)
    {
        progress.Begin("exporting", documents.Count());
        foreach (var document in documents.Read())
        {
            if (filter.Wants(document))
                Write(document, damage);
            progress.Advance(1);
        }

        format.Complete();
        progress.End();
    }

    private void Write(StoredDocument document, Action<StoredDocument, string> damage)
    {
        try
        {
            format.Write(document);
            Written++;
        }
        catch (InvalidDataException error)
        {
            Damaged++;
            damage(document, error.Message);
        }
    }
}
